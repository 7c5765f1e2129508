/** The client in a page: clones, and raw transfers. */
import { Buffer } from 'buffer';
import * as gitws from 'gitws';
import { indexPack } from 'gitws/pack';
import type { ClonedFiles } from '../clone.js';
import type { Commands } from '../library-commands.js';
import { marks } from '../page-tasks.js';
import { transferOverChannel, transferOverFetch } from '../raw-transfer.js';
import { repeat, type BenchPage } from '../tasks.js';
import { commandsOf, startClient } from './page-clients.js';

const page = window as unknown as { Buffer: typeof Buffer; bench: BenchPage };

// isomorphic-git needs it, and pages have none.
page.Buffer = Buffer;

let commands: Commands | undefined;

function begun(given: Commands | undefined): Commands {
  if (given === undefined) throw new Error('Nothing was cloned.');
  return given;
}

let inspect = (): Promise<ClonedFiles> => Promise.reject(new Error('Nothing was cloned.'));

page.bench = {
  async clone(task) {
    const client = await startClient(task);
    inspect = () => client.inspect(task);
    const tasks = watchLongTasks();
    const times = await client.clone(task);
    return { times, ...(await tasks.longest(times.startedAt + times.received)) };
  },

  async firstFile(task) {
    const client = await startClient(task);
    inspect = () => client.inspect(task);
    if (client.firstFile === undefined) throw new Error(`${task.transport} is not asked that.`);
    return client.firstFile(task);
  },

  async startCommands(task) {
    commands = await commandsOf(task);
    await commands.clone();
  },

  timeCommand: (name) => begun(commands).time(name),

  commit: async () => void (await begun(commands).commit()),

  tip: (ref) => begun(commands).tip(ref),

  inspect: () => inspect(),

  async index({ url, inWorker }) {
    const start = performance.now();
    performance.mark(marks.start);
    const { body } = await fetch(url);
    if (body === null) throw new Error('the server sent no pack');
    const { objects } = await indexPack({
      source: body,
      ...(inWorker ? {} : { packWorker: false }),
    });
    performance.mark(marks.end);
    return { total: performance.now() - start, objects };
  },

  transfer(task) {
    const { transport, url } = task;
    return repeat(task, async () => {
      if (transport !== 'gitws') return transferOverFetch(url);
      const channel = await gitws.openChannel(url, { service: 'git-upload-pack' });
      return transferOverChannel(channel);
    });
  },
};

/** Tasks of more than 50 ms, which is when a page begins to feel frozen. */
function watchLongTasks() {
  const found: PerformanceEntry[] = [];
  const take = (entries: PerformanceEntryList): void => {
    found.push(...entries);
  };
  const observer = new PerformanceObserver((list) => {
    take(list.getEntries());
  });
  observer.observe({ type: 'longtask' });
  return {
    /** @param received when the pack was in, in ms of the epoch: later tasks are the client's own. */
    async longest(received: number) {
      // Entries are queued when their task is over: one more turn, and they are there.
      await new Promise((resolve) => setTimeout(resolve, 100));
      take(observer.takeRecords());
      observer.disconnect();
      const border = received - performance.timeOrigin;
      const longestOf = (tasks: PerformanceEntryList): number =>
        Math.max(0, ...tasks.map(({ duration }) => duration));
      return {
        longestTask: longestOf(found.filter(({ startTime }) => startTime < border)),
        longestTaskAfter: longestOf(found.filter(({ startTime }) => startTime >= border)),
      };
    },
  };
}
