/**
 * What a page feels of a clone with checkout: the tasks of its thread, of which Chromium writes
 * a trace meanwhile. Apart from the other clones, since that costs something, too.
 */
import { compare, type Measurement } from '../compare.js';
import { checkClone, repositoryUrl, withBrowser, type Part } from '../context.js';
import { metricsOf } from '../metrics.js';
import { longestTasks, marks, taskCategories } from '../page-tasks.js';
import type { RunningServer } from '../servers.js';
import type { PageCloneTask } from '../tasks.js';

const metrics = metricsOf(['receiving', 'receivingCpu', 'after', 'afterCpu']);

export const pageThread: Part = {
  name: 'page-thread',
  about: "the longest tasks of a page's thread in a clone with checkout: whose, and of what",
  async run(context, input) {
    const { servers, rounds } = context;
    if (!context.hasBrowser) return [];
    const inPage = (transport: PageCloneTask['transport'], server: RunningServer) => () =>
      withBrowser(context, servers.http.url, async (browser): Promise<Measurement> => {
        const url = repositoryUrl(server.url, input);
        const stop = await browser.trace(taskCategories);
        await browser.clone({ transport, url, dir: '/clone' });
        const events = await stop();
        checkClone(input, await browser.inspect(), true);
        const receiving = longestTasks(events, marks.start, marks.received);
        const after = longestTasks(events, marks.received, marks.end);
        return {
          ...{ receiving: receiving.wall, receivingCpu: receiving.cpu },
          ...{ after: after.wall, afterCpu: after.cpu },
        };
      });
    const comparison = await compare({
      part: pageThread.name,
      title: "Tasks of the page's thread, clone with checkout",
      input: input.name,
      metrics,
      rounds,
      reference: 'isomorphic-git over HTTP',
      peers: [
        { name: 'gitws/git in a worker', measure: inPage('gitws-worker', servers.gitws) },
        { name: 'gitws/git in the page', measure: inPage('gitws-git', servers.gitws) },
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
