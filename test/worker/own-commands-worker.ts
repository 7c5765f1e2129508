/** A worker script with commands of its own: see own-commands.browser.test.ts. */
import LightningFS from '@isomorphic-git/lightning-fs';
import git from '../../src/git/index.js';
import { serveGit, type InWorker } from '../../src/worker/serve.js';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

/** What git's commands have in common. */
interface Repository extends InWorker {
  readonly dir: string;
}

const commands = {
  /** Counts lines of all files of a commit, and tells of each. */
  async countLines({
    onFile,
    ...base
  }: Repository & { onFile?: (path: string) => Promise<void> | void }): Promise<number> {
    let lines = 0;
    for (const filepath of await git.listFiles({ ...base, ref: 'HEAD' })) {
      await onFile?.(filepath);
      const oid = await git.resolveRef({ ...base, ref: 'HEAD' });
      const { blob } = await git.readBlob({ ...base, oid, filepath });
      lines += new TextDecoder().decode(blob).split('\n').length - 1;
    }
    return lines;
  },
  /** Reads a number in a file, takes its time, and writes one more. */
  async increase({ fs, dir, by }: Repository & { by: number }): Promise<number> {
    const path = `${dir}/count`;
    const before = Number(await fs.promises.readFile(path, 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await fs.promises.writeFile(path, String(before + by));
    return before + by;
  },
  /** Ends when its signal does. */
  wait: ({ signal, onWaiting }: InWorker & { onWaiting: () => Promise<void> | void }) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      void onWaiting();
    }),
  /** Fails with what a file system may fail with. */
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what it is for
  failWithNothing: () => Promise.reject<never>(null),
};

/** Its commands. */
export type Commands = typeof commands;

serveGit({ LightningFS, commands, reading: ['countLines'] });
