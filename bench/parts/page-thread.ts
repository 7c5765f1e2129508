/**
 * What a page feels of a clone without checkout: the tasks of its thread, of which Chromium writes
 * a trace meanwhile. Apart from the other clones, since that costs something, too.
 */
import { compare, type Measurement, type Metric } from '../compare.js';
import { checkClone, repositoryUrl, withBrowser, type Part } from '../context.js';
import { longestTasks, marks, taskCategories } from '../page-tasks.js';
import type { RunningServer } from '../servers.js';
import type { PageCloneTask } from '../tasks.js';

const metrics: readonly Metric[] = [
  { key: 'receiving', label: 'longest task until the pack is in', unit: 'ms' },
  { key: 'receivingCpu', label: 'CPU', unit: 'ms' },
  { key: 'after', label: 'longest task after', unit: 'ms' },
  { key: 'afterCpu', label: 'CPU', unit: 'ms' },
];

export const pageThread: Part = {
  name: 'page-thread',
  about: "the longest tasks of a page's thread in a clone without checkout: whose, and of what",
  async run(context, input) {
    const { servers, rounds } = context;
    if (!context.hasBrowser) return [];
    const inPage = (transport: PageCloneTask['transport'], server: RunningServer) => () =>
      withBrowser(context, servers.http.url, async (browser): Promise<Measurement> => {
        const url = repositoryUrl(server.url, input);
        const stop = await browser.trace(taskCategories);
        await browser.clone({ transport, url, dir: '/clone', noCheckout: true });
        const events = await stop();
        checkClone(input, await browser.inspect(), false);
        const receiving = longestTasks(events, marks.start, marks.received);
        const after = longestTasks(events, marks.received, marks.end);
        return {
          ...{ receiving: receiving.wall, receivingCpu: receiving.cpu },
          ...{ after: after.wall, afterCpu: after.cpu },
        };
      });
    const comparison = await compare({
      part: pageThread.name,
      title: "Tasks of the page's thread, clone without checkout",
      input: input.name,
      metrics,
      rounds,
      reference: 'isomorphic-git over HTTP',
      peers: [
        {
          name: 'isomorphic-git over gitws, its engine',
          measure: inPage('gitws-engine', servers.gitws),
        },
        { name: 'isomorphic-git over HTTP', measure: inPage('http', servers.http) },
      ],
    });
    return [comparison];
  },
};
