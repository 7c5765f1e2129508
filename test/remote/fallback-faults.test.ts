/** Where no WebSocket passes: servers that break off, refuse late, or say something else in the middle. */
import * as fs from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import * as isomorphic from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import ownGit from '../../src/git/index.js';
import { bindRepository, createHttpClient } from '../../src/index.js';
import { git, makeRepository } from '../helpers/git.js';
import { startForeignHost } from '../helpers/foreign-host.js';
import { startHttpBackend } from '../helpers/http-backend.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const author = { name: 'Test Author', email: 'author@example.com' };
const fallback = 'http';

let root: string;
let gitDir: string;
let url: string;
let dir: string;
/** Answers in place of git, and says whether it does. */
let answers: (request: IncomingMessage, response: ServerResponse) => boolean;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(root, 'site.git')));
  await git(['config', 'http.receivepack', 'true'], { cwd: gitDir });
  await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: gitDir });
  const backend = await startHttpBackend(root, undefined, (request, response) =>
    answers(request, response),
  );
  url = `${backend.url}/site.git`;
});

beforeEach(async () => {
  answers = () => false;
  dir = await temporaryDirectory();
});

const http = createHttpClient({ fallback, retries: 0 });

/** Has every post be answered so, with a success. */
function answerPosts(body: string): void {
  answers = (request, response) => {
    if (request.method !== 'POST') return false;
    const type = `application/x-${request.url?.split('/').pop() ?? ''}-result`;
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    return true;
  };
}

/** What something rejects with, soon. */
async function failureOf(started: Promise<unknown>): Promise<unknown> {
  const late = new Promise((resolve) => setTimeout(resolve, 20_000, 'it hangs'));
  return Promise.race([
    started.then(
      () => 'it resolved',
      (error: unknown) => error,
    ),
    late,
  ]);
}

const pkt = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;

describe('an answer that ends too early', () => {
  it.each(['git-upload-pack', 'git-receive-pack'])(
    'ends the command: what %s says first',
    async (service) => {
      await ownGit.clone({ fs, dir, url, http });
      await ownGit.commit({ fs, dir, message: 'mine', author });
      const oid = '1'.repeat(40);
      answers = (_, response) => {
        const type = `application/x-${service}-advertisement`;
        const first = `${pkt(`# service=${service}\n`)}0000${pkt(`${oid} refs/heads/main\0\n`)}`;
        response.writeHead(200, { 'content-type': type }).end(first);
        return true;
      };
      const isFetch = service === 'git-upload-pack';
      const asked = isFetch ? ownGit.fetch({ fs, dir, http }) : ownGit.push({ fs, dir, http });
      expect(await failureOf(asked)).toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
    },
  );

  it.each([
    ['nothing', '', 'CONNECTION_LOST'],
    ['an error', pkt('ERR upload-pack: not our ref 123'), 'REMOTE_ERROR'],
    ['half a line', '00', 'CONNECTION_LOST'],
  ])('ends the read of what a partial clone lacks: %s', async (_, body, code) => {
    await ownGit.clone({ fs, dir, url, noCheckout: true, filter: 'blob:none', http });
    answerPosts(body);
    expect(await failureOf(ownGit.checkout({ fs, dir, ref: 'main', http }))).toMatchObject({
      ...{ code: 'OBJECT_UNAVAILABLE', cause: { code } },
    });
  });
});

describe('what is remembered of a server', () => {
  it('keeps no repository from the WebSocket that alone leads to it', async () => {
    await makeRepository(join(root, 'plain.git'));
    const { gitDir: other } = await makeRepository(join(await temporaryDirectory(), 'other.git'));
    const server = await startServer({ root: dirname(other) });
    const host = await startForeignHost(root, {
      nginx: `location /ws/ {
        proxy_pass ${server.url}/;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
      }`,
    });
    const clone = async (path: string): Promise<void> => {
      const into = join(await temporaryDirectory(), 'clone');
      await ownGit.clone({ fs, dir: into, url: `${host.url}/${path}`, http });
    };
    await clone('ws/other.git');
    await clone('plain.git');
    await clone('ws/other.git');
    // A WebSocket has worked: HTTP is not asked first any more.
    const asked = vi.spyOn(globalThis, 'fetch');
    await clone('ws/other.git');
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
    expect(await failureOf(clone('absent.git'))).toMatchObject({
      ...{ code: 'HttpError', data: { statusCode: 404 } },
    });
  });

  it('is what HTTP says, where it is no WebSocket either', async () => {
    await ownGit.clone({ fs, dir, url, http });
    answers = (_, response) => {
      response.writeHead(410, { 'content-type': 'text/plain' }).end('moved away');
      return true;
    };
    expect(String(await failureOf(ownGit.fetch({ fs, dir, http })))).toContain('moved away');
  });
});

describe('a refusal', () => {
  const refusing = (status: number): void => {
    answers = (request, response) => {
      if (request.method !== 'POST') return false;
      request.resume();
      response.writeHead(status, { 'content-type': 'text/plain' });
      // It never ends.
      response.write('closed for today');
      return true;
    };
  };

  it.each([401, 403, 413])('of a push is one, whose words need no end: %i', async (status) => {
    await ownGit.clone({ fs, dir, url, http });
    await ownGit.commit({ fs, dir, message: 'mine', author });
    refusing(status);
    const failure = await failureOf(ownGit.push({ fs, dir, http }));
    expect(failure).toMatchObject({ code: 'REFUSED', data: { status } });
    expect(String(failure)).toContain('closed for today');
  });

  it.each([500, 502])(
    'that may come from something in between leaves a push in doubt: %i',
    async (status) => {
      await ownGit.clone({ fs, dir, url, http });
      await ownGit.commit({ fs, dir, message: 'mine', author });
      refusing(status);
      const old = await git(['rev-parse', 'main'], { cwd: gitDir });
      expect(await failureOf(ownGit.push({ fs, dir, http }))).toMatchObject({
        ...{ code: 'PUSH_OUTCOME_UNKNOWN', data: { refs: [{ current: old }] } },
      });
    },
  );

  it.each(['Bearer secret\nword', 'Bearer secret\u20acword'])(
    'of credentials that no header can have does not quote them',
    async (authorization) => {
      await ownGit.clone({ fs, dir, url, http });
      const wrong = createHttpClient({ fallback, retries: 0, authorization });
      const failure = await failureOf(ownGit.fetch({ fs, dir, http: wrong }));
      expect(failure).toMatchObject({ code: 'INVALID_OPTION' });
      expect(inspect(failure)).not.toContain('secret');
    },
  );
});

describe('credentials that expire', () => {
  it('are asked for again, where a run was opened with those before', async () => {
    let token = 1;
    const refused: unknown[] = [];
    answers = ({ headers }, response) => {
      if (headers.authorization === `Bearer ${token}`) return false;
      refused.push(headers.authorization);
      response.writeHead(401).end();
      return true;
    };
    const authorization = (): string => `Bearer ${token}`;
    const asking = createHttpClient({ fallback, retries: 0, authorization });
    await ownGit.clone({ fs, dir, url, noCheckout: true, filter: 'blob:none', http: asking });
    const listed = await git(['ls-tree', '-r', '--object-only', 'HEAD'], { cwd: dir });
    const bound = bindRepository({ fs, dir, url, fallback, retries: 0, authorization });
    const read = (oid: string) => isomorphic.readBlob({ ...bound, oid });
    const [one = '', another = ''] = new Set(listed.split('\n'));
    expect((await read(one)).oid).toBe(one);
    token = 2;
    expect((await read(another)).oid).toBe(another);
    expect(refused.filter((sent) => sent !== undefined)).toEqual(['Bearer 1']);
  });
});

describe('a server that says no more than that it will answer', () => {
  it.each(['is silent', 'is gone'])('has as long as any, and then %s', async (how) => {
    await ownGit.clone({ fs, dir, url, http });
    answers = (_, response) => {
      const type = 'application/x-git-upload-pack-advertisement';
      response.writeHead(200, { 'content-type': type }).flushHeaders();
      if (how === 'is gone') setTimeout(() => response.destroy(), 50);
      return true;
    };
    const hurried = createHttpClient({ fallback, retries: 0, openTimeout: 500 });
    expect(await failureOf(ownGit.fetch({ fs, dir, http: hurried }))).toMatchObject({
      ...{ code: how === 'is gone' ? 'CONNECTION_FAILED' : 'TIMEOUT', retryable: true },
    });
  });
});

describe('a server that answers WebSockets only, and takes its time', () => {
  it('has as much as the caller gives it', async () => {
    const { gitDir: other } = await makeRepository(join(await temporaryDirectory(), 'slow.git'));
    const started = Date.now();
    const slow = await startServer({
      root: dirname(other),
      authorize: async () => {
        const left = started + 5_500 - Date.now();
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
        return true;
      },
    });
    await ownGit.clone({ fs, dir, url: `${slow.url}/slow.git`, http });
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
  });
});
