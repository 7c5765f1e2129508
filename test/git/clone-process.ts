/** A process that clones once, for tests that kill it: `node BUNDLE URL DIR OPTIONS MOMENT`, the last two as JSON. */
import * as fs from 'node:fs';
import { createHttpClient } from '../../src/index.js';
import git from '../../src/git/index.js';

/** A call of the file system at which the process kills itself. */
export interface Moment {
  readonly call: 'rename' | 'writeFile' | 'unlink';
  /** What its path, or the new one, ends with: a regular expression. */
  readonly path: string;
  /** Of several calls; from 1. Default: the first. */
  readonly nth?: number;
  /** Of `writeFile`, when half of it is written. */
  readonly when: 'before' | 'half' | 'after';
}

const [url = '', dir = '', options = '{}', moment] = process.argv.slice(2);

/** @returns a file system on which the process does not live longer. */
function dyingAt({ call, path, nth = 1, when }: Moment): typeof fs {
  const perform = fs.promises[call] as (...given: unknown[]) => Promise<void>;
  let left = nth;
  const die = (): Promise<never> => {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  };
  const dying = async (...given: unknown[]): Promise<void> => {
    const name = String(call === 'rename' ? given[1] : given[0]);
    if (new RegExp(`${path}$`).test(name)) left -= 1;
    if (left !== 0) return perform(...given);
    if (when === 'before') return die();
    const bytes = given[1] as Uint8Array;
    const half = when === 'half' ? [given[0], bytes.slice(0, bytes.length / 2)] : given;
    await perform(...half);
    return die();
  };
  return { ...fs, promises: { ...fs.promises, [call]: dying } };
}

const say = (what: object): void => {
  process.stdout.write(`${JSON.stringify(what)}\n`);
};

const http = createHttpClient({
  onConnection: ({ state, received }) => say({ state, received }),
});
const own = moment === undefined ? fs : dyingAt(JSON.parse(moment) as Moment);
git.clone({ fs: own, http, dir, url, ...(JSON.parse(options) as object) }).then(
  () => say({ done: true }),
  (error: unknown) => say({ done: false, code: (error as { code?: unknown }).code }),
);
