/** A clone by isomorphic-git with the times of its phases: the same in Node and in a page. */
import * as git from 'isomorphic-git';
import { marks } from './page-tasks.js';

/** What isomorphic-git takes, with a type for what is called here too. */
export type CloneFs = git.PromiseFsClient & {
  readonly promises: { lstat(path: string): Promise<unknown> };
};

/** What to clone. */
export interface CloneOptions {
  readonly url: string;
  readonly dir: string;
  /** History is cut off after that many commits, and only HEAD's branch is cloned. */
  readonly depth?: number | undefined;
  readonly noCheckout?: boolean | undefined;
}

/** Times in ms. */
export interface CloneTimes {
  /** When it began, in ms of the epoch. */
  readonly startedAt: number;
  readonly total: number;
  /** From the beginning to the last byte of the pack. */
  readonly network: number;
  /** From the beginning until the client's own work begins: nothing more is to come for it. */
  readonly received: number;
  /** From the last byte until refs are written; undefined where the client does not tell. */
  readonly index: number | undefined;
  readonly checkout: number | undefined;
}

/** What was cloned, to be compared with what should have been. */
export interface ClonedFiles {
  readonly head: string;
  /** Files in HEAD by the pack; files in the working tree. */
  readonly files: { readonly listed: number; readonly present: number };
}

/**
 * @param fs isomorphic-git's; must be empty below `dir`.
 * @param http isomorphic-git's.
 * @param lastBytes when the last bytes came, by performance.now(), where `http` does not pass them
 *   on as they come.
 */
export async function timeClone(
  fs: CloneFs,
  http: git.HttpClient,
  { url, dir, depth, noCheckout = false }: CloneOptions,
  lastBytes: () => number | undefined = () => undefined,
): Promise<CloneTimes> {
  const startedAt = performance.timeOrigin + performance.now();
  const start = performance.now();
  performance.mark(marks.start);
  let received = start;
  let checkoutStart: number | undefined;
  const onEnd = (): void => {
    received = performance.now();
    performance.mark(marks.received);
  };
  const timedHttp: git.HttpClient = {
    async request(request) {
      const response = await http.request(request);
      const { body } = response;
      if (request.method !== 'POST' || body === undefined) return response;
      return { ...response, body: withEnd(body, onEnd) };
    },
  };
  await git.clone({
    ...{ fs, http: timedHttp, dir, url, noCheckout },
    ...(depth === undefined ? {} : { depth, singleBranch: true }),
    onProgress: ({ phase }) => {
      if (/^(Analyzing|Updating) workdir$/.test(phase)) checkoutStart ??= performance.now();
    },
  });
  const end = performance.now();
  performance.mark(marks.end);
  const indexed = checkoutStart ?? end;
  const arrived = lastBytes() ?? received;
  return {
    ...{ startedAt, total: end - start, network: arrived - start, received: received - start },
    ...{ index: indexed - arrived, checkout: end - indexed },
  };
}

async function* withEnd(
  body: AsyncIterableIterator<Uint8Array>,
  onEnd: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* body;
  onEnd();
}

/** What a clone has come to. Costs as much as some clones: to be called when all was measured. */
export async function inspectClone(
  fs: CloneFs,
  { dir, noCheckout = false }: CloneOptions,
): Promise<ClonedFiles> {
  const head = await git.resolveRef({ fs, dir, ref: 'HEAD' });
  const listed = await git.listFiles({ fs, dir, ref: 'HEAD' });
  if (noCheckout) return { head, files: { listed: listed.length, present: 0 } };
  const found = await Promise.all(
    listed.map((path) =>
      fs.promises.lstat(`${dir}/${path}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return { head, files: { listed: listed.length, present: found.filter(Boolean).length } };
}
