/**
 * Measures two builds of gitws in turns, with the same inputs and the same programs that measure, and says what
 * each figure of one is to the other's. Peers that are no part of gitws, such as native git, show what is noise:
 * theirs should be 1.
 */
import { median, type Comparison, type Metric } from './compare.js';
import { format, formatHead, formatTable, label, roundsOf, type Report } from './report.js';

/** What to compare. */
export interface Builds {
  /** The commit of the other build. */
  readonly ref: string;
  /** How often each is measured. */
  readonly rounds: number;
  /** Measures once, what is here now, and the other one. */
  now(): Promise<Report>;
  before(): Promise<Report>;
}

/** The figures of all rounds. */
export interface BuildsReport {
  readonly ref: string;
  readonly now: readonly Report[];
  readonly before: readonly Report[];
}

/** One figure of one peer. */
interface Change {
  /** Medians. */
  readonly now: number;
  readonly before: number;
  /** `now` divided by `before`, within each round. */
  readonly ratios: readonly number[];
}

/** @throws what measuring throws. */
export async function compareBuilds(builds: Builds): Promise<BuildsReport> {
  const [now, before]: [Report[], Report[]] = [[], []];
  for (let round = 0; round < builds.rounds; round += 1) {
    // Who comes first changes, as what the machine does beside may.
    if (round % 2 === 0) now.push(await builds.now());
    before.push(await builds.before());
    if (round % 2 === 1) now.push(await builds.now());
  }
  return { ref: builds.ref, now, before };
}

/** @returns one Markdown document. */
export function formatBuilds({ ref, now, before }: BuildsReport): string {
  const [first] = now;
  if (first === undefined) return '';
  const tables = first.comparisons.map((comparison) => {
    const change = (peer: string, key: string): Change | undefined =>
      changeOf(comparison, peer, key, now, before);
    return formatChanges(comparison, change, now.length, ref);
  });
  return [formatHead(first), ...tables].join('\n');
}

/** @returns undefined for what one of both did not measure. */
function changeOf(
  comparison: Pick<Comparison, 'part' | 'title' | 'input'>,
  peer: string,
  key: string,
  now: readonly Report[],
  before: readonly Report[],
): Change | undefined {
  const pairs = now.flatMap((report, round): [number, number][] => {
    const own = valueIn(report, comparison, peer, key);
    const other = valueIn(before[round], comparison, peer, key);
    return own === undefined || other === undefined || other === 0 ? [] : [[own, other]];
  });
  if (pairs.length === 0) return undefined;
  return {
    now: median(pairs.map(([own]) => own)),
    before: median(pairs.map(([, other]) => other)),
    ratios: pairs.map(([own, other]) => own / other),
  };
}

function valueIn(
  report: Report | undefined,
  { part, title, input }: Pick<Comparison, 'part' | 'title' | 'input'>,
  peer: string,
  key: string,
): number | undefined {
  return report?.comparisons
    .find((each) => each.part === part && each.title === title && each.input === input)
    ?.rows.find((row) => row.peer === peer)?.metrics[key]?.median;
}

/** The first metric with both figures, of the others the ratio alone. */
function formatChanges(
  { title, input, metrics, rows }: Comparison,
  change: (peer: string, key: string) => Change | undefined,
  rounds: number,
  ref: string,
): string {
  const [first, ...others] = metrics.filter(({ key }) =>
    rows.some(({ peer }) => change(peer, key) !== undefined),
  );
  if (first === undefined) return `\n**${title}; ${input}**: not measured at ${ref}\n`;
  const head = ['', label(first), `at ${ref}`, 'ratio', 'from – to', ...others.map(labelOfRatio)];
  const cells = rows.map(({ peer }) => [
    peer,
    ...figures(change(peer, first.key), first),
    ...others.map(({ key }) => ratio(change(peer, key))),
  ]);
  const about = `${title}; ${input}; now and at ${ref}, in turns, medians of ${roundsOf(rounds)}`;
  return `\n**${about}**\n\n${formatTable(head, cells)}`;
}

function labelOfRatio({ label: text }: Metric): string {
  return `${text}, ratio`;
}

function figures(change: Change | undefined, metric: Metric): string[] {
  if (change === undefined) return ['–', '–', '–', '–'];
  const [least, most] = [Math.min(...change.ratios), Math.max(...change.ratios)];
  return [
    format(change.now, metric),
    format(change.before, metric),
    ratio(change),
    `${least.toFixed(2)} – ${most.toFixed(2)}`,
  ];
}

function ratio(change: Change | undefined): string {
  return change === undefined ? '–' : `${median(change.ratios).toFixed(2)} ×`;
}
