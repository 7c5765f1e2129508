/** What servers answered to a fetch that was taken for one: through either plugin it rejects. */
import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, describe, expect, it } from 'vitest';
import { bindRepository, createHttpClient, type GitWsError } from '../../src/index.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { playFetch } from '../helpers/played-fetch.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { advertisement, oidOf } from '../isomorphic/smart-bytes.js';
import { corpusBytes, readCorpus, type CorpusBytes } from './corpus.js';

const plugins = {
  http: (dir: string, url: string) => ({ fs: nodeFs, dir, url, http: createHttpClient() }),
  bindRepository: (dir: string, url: string) => bindRepository({ fs: nodeFs, dir, url }),
};

const advertised = advertisement({ HEAD: oidOf('1'), 'refs/heads/main': oidOf('1') });

let url: string;
let answer: Uint8Array;

beforeAll(async () => {
  const server = await startFakeServer((session) =>
    playFetch(session, { advertisement: advertised, answer }),
  );
  url = `${server.url}/site.git`;
});

describe.each(readCorpus<CorpusBytes, string>('fetch-answers'))('$name', ({ input, expected }) => {
  it.each(['http', 'bindRepository'] as const)('through %s', async (plugin) => {
    answer = corpusBytes(input);
    const dir = join(await temporaryDirectory(), 'clone');
    const failure = await git.clone({ ...plugins[plugin](dir, url), noCheckout: true }).then(
      () => undefined,
      (error: unknown) => error as GitWsError,
    );
    expect(failure).toMatchObject({ code: expected });
    // eslint-disable-next-line no-control-regex -- none of these is for people
    expect(failure?.message).not.toMatch(/[\u0000-\u001f]/);
  });
});
