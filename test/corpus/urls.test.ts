/** URLs of repositories: what a person wrote is what is asked for, or an error. */
import * as fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseServiceUrl } from '../../native/service-url.js';
import { parseTarget } from '../../server/admission/target.js';
import { repositoryEndpoint } from '../../src/tunnel/client/endpoint.js';
import {
  bindRepository,
  createHttpClient,
  isGitWsError,
  openChannel,
  type WebSocketConstructor,
} from '../../src/index.js';
import { readCorpus } from './corpus.js';

/** @returns what a call asks a server for, by a WebSocket class that only listens; or the error's code. */
async function askedBy(
  call: (WebSocket: WebSocketConstructor) => Promise<unknown>,
): Promise<string> {
  let asked: string | undefined;
  function Listening(url: string): never {
    asked = url;
    throw new Error('asked');
  }
  const error: unknown = await call(Listening as unknown as WebSocketConstructor).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (asked !== undefined) return new URL(asked).pathname.replace(/\/git-upload-pack$/, '');
  return isGitWsError(error) ? error.code : String(error);
}

const advertisement = (url: string) => `${url}/info/refs?service=git-upload-pack`;

/** The ways to name a repository. */
const ways: Record<string, (url: string) => Promise<string>> = {
  openChannel: (url) =>
    askedBy((WebSocket) => openChannel(url, { service: 'git-upload-pack', WebSocket })),
  'the http plugin': (url) =>
    askedBy((WebSocket) => createHttpClient({ WebSocket }).request({ url: advertisement(url) })),
  bindRepository: (url) =>
    askedBy(async (WebSocket) => {
      const { http } = bindRepository({ fs, dir: '/nowhere', url, WebSocket });
      await http.request({ url: advertisement(url) });
    }),
  'native git': (url) =>
    askedBy(async (WebSocket) => {
      const { plain } = parseServiceUrl(url);
      await openChannel(plain, { service: 'git-upload-pack', WebSocket });
    }),
};

describe.each(readCorpus<string, string>('urls'))('$name: $input', ({ input, expected }) => {
  it.each(Object.keys(ways))('by %s', async (way) => {
    expect(await ways[way]?.(input)).toBe(expected);
  });
});

describe('any text', () => {
  it('is refused, or asks for the very segments that were written', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '.',
        '..',
        '%2e',
        '/',
        '\\',
        '%5c',
        ' ',
        '\t',
        '\n',
        '%0a',
        '%',
        '?',
        '#',
        '-',
      ),
      fc.constantFrom('a', 'b.git', 'é', '%C3%A9', '%25', '@', ':', '\ufeff', '\u3000', '\ud800'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    );
    const written = fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    let asked = 0;
    fc.assert(
      fc.property(written, (path) => {
        let endpoint: string;
        try {
          endpoint = repositoryEndpoint(`wss://me:pw@h/${path}`, 'git-upload-pack').url;
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_URL' });
          return;
        }
        asked += 1;
        const target = parseTarget(endpoint.replace('wss://h', ''), '');
        const segments = path.replace(/\/+$/, '').split('/').map(decodeURIComponent);
        expect(target).toMatchObject({ kind: 'endpoint', segments });
      }),
      { numRuns: 2_000 },
    );
    expect(asked).toBeGreaterThan(100);
  });
});
