/**
 * Two processes of the server behind a real HAProxy, configured as docs/deployment.md says: lost
 * sessions come back to their process, and one process after the other may be restarted.
 */
import * as fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as isomorphicGit from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import { it, long } from './helpers/long.js';
import { bindRepository, type ConnectionEvent } from '../src/index.js';
import { createGitServer } from '../server/index.js';
import { startProxy } from './helpers/proxy.js';
import { fencedBlocks, fillIn } from './helpers/fenced.js';
import { expectSoundRepository, git, makeRepository } from './helpers/git.js';
import { RawClient } from './helpers/raw-client.js';
import { findProgram } from '../bench/find-program.js';
import { startReverseProxy, type ReverseProxy } from './helpers/reverse-proxy.js';
import { serveProcess, type ServeProcess } from './helpers/serve-process.js';
import { temporaryDirectory } from './helpers/temp.js';

const document = new URL('../docs/deployment.md', import.meta.url);
const target = '/site.git/git-upload-pack';

let root: string;
let head: string;
let options: string[];

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git'), {
    bigBlobs: { count: 4, bytes: 2 * 1024 * 1024 },
  }));
  const rules = join(await temporaryDirectory(), 'rules.json');
  const everybody = { repositories: ['**'], who: ['anyone'], allow: ['read'] };
  await writeFile(rules, JSON.stringify({ version: 1, rules: [everybody] }));
  options = ['--rules', rules, '--trusted-proxy', '127.0.0.1', '--no-listing'];
});

/** The document's configuration for these processes, without TLS. */
async function configure(processes: readonly ServeProcess[]): Promise<(port: number) => string> {
  const [whole = '', backend = ''] = await fencedBlocks(document, 'haproxy');
  const front = whole.slice(0, whole.indexOf('\nbackend gitws') + 1);
  const addresses = ['127.0.0.1:8081', '127.0.0.1:8082'];
  const hosts = processes.map(({ url }) => new URL(url).host);
  const text = fillIn(front + backend, {
    ':443 ssl crt /etc/haproxy/git.example.pem alpn http/1.1': '127.0.0.1:PORT',
    ...Object.fromEntries(addresses.map((address, index) => [address, hosts[index] ?? ''])),
  });
  return (port) => text.replace('127.0.0.1:PORT', `127.0.0.1:${port}`);
}

const available = findProgram('haproxy') !== undefined;
if (!available) console.error('\n**** NO haproxy: THE TESTS BEHIND IT DO NOT RUN. ****\n');

describe.skipIf(!available && process.env['CI'] !== 'true')('two processes behind HAProxy', () => {
  let processes: ServeProcess[];
  let proxy: ReverseProxy;
  let url: string;

  beforeEach(async () => {
    processes = await Promise.all(
      ['1', '2'].map((node) => serveProcess(root, '--node', node, ...options)),
    );
    proxy = await startReverseProxy('haproxy', await configure(processes));
    url = `http://127.0.0.1:${proxy.port}`;
    return async () => {
      await proxy.close();
      await Promise.all(processes.map((one) => one.end()));
    };
  });

  /** A new session, with a word for git so that it is kept. */
  async function begin(): Promise<{ client: RawClient; token: string; session: unknown }> {
    const client = new RawClient(url, { target });
    const { token, session } = await client.text('open');
    await client.advertisement();
    client.send(Buffer.from('0032want '));
    return { client, token: String(token), session };
  }

  const resume = (token: string): RawClient =>
    new RawClient(url, { target, protocols: ['gitws.v1', `gitws.resume.${token}.1`] });

  it('has lost sessions come back to the process that has them', async () => {
    const begun = await Promise.all(Array.from({ length: 8 }, begin));
    const nodes = begun.map(({ token }) => token.slice(0, 2));
    // The balancer's choice, not the client's: both have some.
    expect(new Set(nodes)).toEqual(new Set(['1-', '2-']));
    for (const { client } of begun) client.socket.terminate();
    for (const { token, session } of begun) {
      const again = resume(token);
      expect(await again.text('open')).toMatchObject({ session, token });
      again.socket.close(1000);
      await again.closed;
    }
  });

  /** Clones through a proxy of this test's own. @returns what the client heard of its connection. */
  async function clone(
    from: string,
    onState: (event: ConnectionEvent) => void = () => undefined,
  ): Promise<string[]> {
    const dir = join(await temporaryDirectory(), 'clone');
    const states: string[] = [];
    const bound = bindRepository({
      ...{ fs, dir, url: `${from}/site.git` },
      onConnection: (event) => {
        states.push(event.state);
        onState(event);
      },
    });
    await isomorphicGit.clone(bound);
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(head);
    await expectSoundRepository(dir);
    return states;
  }

  it('resumes a clone that is cut twice', async () => {
    const cut = await startProxy(url, (connection) =>
      connection > 1
        ? {}
        : { strike: { direction: 'down', after: 1_500_000 * (connection + 1), how: 'reset' } },
    );
    const states = await clone(cut.url);
    expect(states.filter((state) => state === 'resumed')).toHaveLength(2);
    expect(states.filter((state) => state === 'open')).toHaveLength(1);
    await cut.close();
  });

  long(
    'goes on where one is killed in the middle of a clone: on the other, from its beginning',
    async () => {
      let node: string | undefined;
      const cut = await startProxy(
        url,
        (connection) =>
          connection > 0 ? {} : { strike: { direction: 'down', after: 1_500_000, how: 'reset' } },
        {
          onDelivery({ direction, bytes }) {
            if (direction === 'down') node ??= /"token":"(\d)-/.exec(bytes.toString('latin1'))?.[1];
          },
        },
      );
      const kill = async (): Promise<void> => {
        const victim = processes[Number(node) - 1];
        victim?.child.kill('SIGKILL');
        await victim?.exited;
        cut.away = false;
      };
      let killed: Promise<void> | undefined;
      const states = await clone(cut.url, ({ state }) => {
        if (state !== 'interrupted' || killed !== undefined) return;
        cut.away = true;
        killed = kill();
      });
      await killed;
      expect(states.filter((state) => state === 'open')).toHaveLength(2);
      expect(states).not.toContain('resumed');
      // And all that is new is begun on the one that is left.
      const { token, client } = await begin();
      expect(token.slice(0, 1)).not.toBe(node);
      client.socket.close(1000);
      await client.closed;
      await cut.close();
    },
  );
});

describe('the name of a process', () => {
  it.each(['a-b', 'ä', 'a'.repeat(17), 'a.b', '1\n'])('is refused: %j', (node) => {
    expect(() => createGitServer({ root, node })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: { option: 'node' } }),
    );
  });
});
