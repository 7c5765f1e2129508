/**
 * Measures several peers side by side: round by round, each round in another order, so that what
 * the machine does beside hits all of them alike. Medians, and ratios within a round.
 */

/** What is measured of each peer. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly unit: 'ms' | 's' | 'MB' | 'MB/s' | '';
}

/** Values by the metrics' keys; left out where there is none. Times in ms but for CPU time in s. */
export type Measurement = Readonly<Record<string, number | undefined>>;

/** One way to do the same thing. */
export interface Peer {
  readonly name: string;
  measure(): Promise<Measurement>;
}

/** What to compare. */
export interface ComparisonOptions {
  /** The name of its part, for `--only`. */
  readonly part: string;
  readonly title: string;
  /** The name of the input. */
  readonly input: string;
  /** The first one is what ratios are of. */
  readonly metrics: readonly Metric[];
  readonly peers: readonly Peer[];
  /** The peer that the others are compared with. */
  readonly reference: string;
  readonly rounds: number;
}

/** The values of all rounds. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[];
}

/** One peer's results. */
export interface Row {
  readonly peer: string;
  readonly metrics: Readonly<Record<string, Summary>>;
  /** Median over the rounds of: the first metric, divided by the reference's in that round. */
  readonly ratio: number | undefined;
}

/** The results. */
export interface Comparison extends Omit<ComparisonOptions, 'peers'> {
  readonly rows: readonly Row[];
}

/** @throws what a peer throws: a benchmark of something that fails says nothing. */
export async function compare(options: ComparisonOptions): Promise<Comparison> {
  return summarizeAll(options, await measureAll(options), options.title, options.metrics);
}

/**
 * The same where metrics are things of their own, each with a ratio: they are measured together.
 *
 * @returns a comparison for each metric, by its label.
 */
export async function compareEach(options: ComparisonOptions): Promise<Comparison[]> {
  const measured = await measureAll(options);
  return options.metrics.map((metric) => {
    const { label } = metric;
    const title = `${label.charAt(0).toUpperCase()}${label.slice(1)}, ${options.title}`;
    return summarizeAll(options, measured, title, [{ ...metric, label: 'time' }]);
  });
}

async function measureAll(options: ComparisonOptions): Promise<Map<string, Measurement[]>> {
  const { peers } = options;
  const measured = new Map<string, Measurement[]>(peers.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    const turn = round % peers.length;
    for (const peer of [...peers.slice(turn), ...peers.slice(0, turn)]) {
      process.stderr.write(`${options.part}, ${options.input}, round ${round + 1}: ${peer.name}\n`);
      measured.get(peer.name)?.push(await peer.measure());
    }
  }
  return measured;
}

function summarizeAll(
  { peers, ...rest }: ComparisonOptions,
  measured: ReadonlyMap<string, Measurement[]>,
  title: string,
  metrics: readonly Metric[],
): Comparison {
  const references = measured.get(rest.reference) ?? [];
  const rows = peers.map(({ name }) => {
    return summarize(name, measured.get(name) ?? [], references, metrics);
  });
  return { ...rest, title, metrics, rows };
}

function summarize(
  peer: string,
  measurements: readonly Measurement[],
  references: readonly Measurement[],
  metrics: readonly Metric[],
): Row {
  const summaries: Record<string, Summary> = {};
  for (const { key } of metrics) {
    const values = measurements.map((each) => each[key]).filter(isNumber);
    if (values.length === 0) continue;
    const [min, max] = [Math.min(...values), Math.max(...values)];
    summaries[key] = { median: median(values), min, max, values };
  }
  const first = metrics[0]?.key ?? '';
  const ratios = measurements.map((each, round) => {
    const [own, other] = [each[first], references[round]?.[first]];
    return own === undefined || other === undefined ? undefined : own / other;
  });
  const known = ratios.filter(isNumber);
  return { peer, metrics: summaries, ratio: known.length === 0 ? undefined : median(known) };
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

/** @param values at least one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return (low + high) / 2;
}
