/** Results for people: Markdown tables, as they stand in docs/performance.md. */
import type { Comparison, Metric, Summary } from './compare.js';
import type { Input } from './input.js';
import type { Machine } from './machine.js';

/** All of one run; `--json` writes it as it is. */
export interface Report {
  readonly date: string;
  readonly machine: Machine;
  /** Load average of the last minute, before and after. */
  readonly load: { readonly before: number; readonly after: number };
  readonly quick: boolean;
  readonly inputs: readonly Omit<Input, 'gitDir' | 'file'>[];
  readonly comparisons: readonly Comparison[];
}

/** @returns one Markdown document. */
export function formatReport(report: Report): string {
  return [formatHead(report), ...report.comparisons.map(formatComparison)].join('\n');
}

/** @returns where it was measured, and with what. */
export function formatHead(report: Omit<Report, 'comparisons'>): string {
  const { machine, load, inputs } = report;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${report.date}. ${machine.cores} × ${machine.cpu}, ${gigabytes(machine.memory)}, ${machine.system}.`,
    `${versions.join(', ')}.`,
    `Load before ${load.before.toFixed(2)}, after ${load.after.toFixed(2)}.`,
    report.quick ? 'A quick run: the figures mean nothing.' : '',
    '',
    formatInputs(inputs),
  ].join('\n');
}

function formatInputs(inputs: Report['inputs']): string {
  const head = [
    'input',
    'objects',
    'commits',
    'deltas',
    'longest chain',
    'inflated',
    'pack',
    'files',
  ];
  const rows = inputs.map(({ name, shape }) => [
    name,
    ...[shape.objects, shape.commits, shape.deltas, shape.longestChain].map(String),
    ...[shape.inflatedBytes, shape.packBytes].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`),
    String(shape.files),
  ]);
  return formatTable(head, rows);
}

/** @returns a title and a table: medians; for the first metric also the range, and the ratio. */
export function formatComparison(comparison: Comparison): string {
  const { title, input, rounds, metrics, reference, rows } = comparison;
  const shown = metrics.filter(({ key }) => rows.some((row) => row.metrics[key] !== undefined));
  const [first, ...others] = shown;
  if (first === undefined) return '';
  const head = ['', label(first), 'from – to', 'ratio', ...others.map(label)];
  const cells = rows.map(({ peer, metrics: values, ratio }) => [
    peer,
    number(values[first.key], first),
    range(values[first.key], first),
    ratio === undefined ? '–' : `${ratio.toFixed(2)} ×`,
    ...others.map((metric) => number(values[metric.key], metric)),
  ]);
  const about = `${title}; ${input}; medians of ${roundsOf(rounds)}; ratio to ${reference}`;
  return `\n**${about}**\n\n${formatTable(head, cells)}`;
}

/** @returns how often something was measured, in words. */
export function roundsOf(rounds: number): string {
  return rounds === 1 ? '1 round' : `${rounds} rounds`;
}

/** @returns a metric's name, with its unit. */
export function label({ label: text, unit }: Metric): string {
  return unit === '' ? text : `${text}, ${unit}`;
}

function number(summary: Summary | undefined, metric: Metric): string {
  return summary === undefined ? '–' : format(summary.median, metric);
}

function range(summary: Summary | undefined, metric: Metric): string {
  if (summary === undefined) return '–';
  return `${format(summary.min, metric)} – ${format(summary.max, metric)}`;
}

/** @returns a figure, with as many digits as its unit deserves. */
export function format(value: number, { unit }: Metric): string {
  if (unit === 's') return value.toFixed(value < 0.1 ? 3 : 2);
  return value.toFixed(value < 10 ? 1 : 0);
}

function gigabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 30)} GiB`;
}

/** @returns a Markdown table whose columns stand below each other. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    // Names to the left, numbers to the right.
    const padded = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return `${[line(head), line(rule), ...rows.map(line)].join('\n')}\n`;
}
