/** All that is measured, by the keys in reports: units, and what a table calls it that says nothing else. */
import type { Metric } from './compare.js';

const dictionary = {
  total: { label: 'total', unit: 'ms' },
  network: { label: 'network', unit: 'ms' },
  firstPackByte: { label: 'first pack byte', unit: 'ms' },
  firstFile: { label: 'first file', unit: 'ms' },
  received: { label: 'received', unit: 'MB' },
  index: { label: 'index', unit: 'ms' },
  checkout: { label: 'checkout', unit: 'ms' },
  throughput: { label: 'throughput', unit: 'MB/s' },
  longestTask: { label: 'longest task', unit: 'ms' },
  longestTaskCpu: { label: 'of which CPU', unit: 'ms' },
  longestTaskAfter: { label: 'longest task after', unit: 'ms' },
  receiving: { label: 'longest task until the pack is in', unit: 'ms' },
  receivingCpu: { label: 'CPU', unit: 'ms' },
  after: { label: 'longest task after', unit: 'ms' },
  afterCpu: { label: 'CPU', unit: 'ms' },
  refs: { label: 'refs of the server', unit: 'ms' },
  nothing: { label: 'fetch of nothing new', unit: 'ms' },
  fetch: { label: 'fetch of one commit', unit: 'ms' },
  pull: { label: 'pull of one commit', unit: 'ms' },
  push: { label: 'push of one commit', unit: 'ms' },
  clientCpu: { label: 'client CPU', unit: 's' },
  clientMemory: { label: 'client peak', unit: 'MB' },
  serverCpu: { label: 'server CPU', unit: 's' },
  gitCpu: { label: "server's git CPU", unit: 's' },
  serverMemory: { label: 'server peak', unit: 'MB' },
} as const satisfies Record<string, Omit<Metric, 'key'>>;

/** The key of a metric. */
export type MetricKey = keyof typeof dictionary;

/** What a client costs, as clientMetrics() of context.ts measures it. */
export const clientCost = ['clientCpu', 'clientMemory'] as const;

/** What a server and its gits cost, as serverMetrics() does. */
export const serverCost = ['serverCpu', 'gitCpu', 'serverMemory'] as const;

/**
 * @param keys in the order of the table's columns.
 * @param labels of those that this table calls otherwise.
 */
export function metricsOf(
  keys: readonly MetricKey[],
  labels: Partial<Record<MetricKey, string>> = {},
): Metric[] {
  return keys.map((key) => {
    const { label, unit } = dictionary[key];
    return { key, label: labels[key] ?? label, unit };
  });
}
