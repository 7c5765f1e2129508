/**
 * The settings of git's own http:// that docs/native-git.md has in a table, each tried with git's
 * own http:// and with ours. Where the two differ, the row says so.
 */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCorpus } from '../corpus/corpus.js';
import { startHttpProxy } from '../helpers/forward-proxy.js';
import { git, gitStatus, makeRepository } from '../helpers/git.js';
import { startHttpBackend } from '../helpers/http-backend.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overWs, type Native } from './transports.js';

const password = 'päss:word';

/** What is set for one `git ls-remote`. */
interface Situation {
  readonly userinfo?: string;
  readonly config?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the home directory. */
  readonly home?: Readonly<Record<string, string>>;
}

/** What came of it. */
interface Outcome {
  readonly code: number;
  /** Headers of the last request, as far as anybody sets them here. */
  readonly headers: IncomingHttpHeaders;
  readonly stderr: string;
  /** What helpers and prompts were told. */
  readonly log: string;
}

let native: Native;
let bases: { http: string; ws: string };
let scripts: string;
let log: string;
let seen: IncomingHttpHeaders;

function admits(headers: IncomingHttpHeaders): boolean {
  seen = headers;
  const basic = Buffer.from(`me:${password}`).toString('base64');
  return (
    headers.authorization === `Basic ${basic}` ||
    headers['x-door'] === 'open' ||
    (headers.cookie ?? '').includes('door=open')
  );
}

beforeAll(async () => {
  const root = await temporaryDirectory();
  scripts = await temporaryDirectory();
  log = join(scripts, 'log');
  await makeRepository(join(root, 'a.git'), { commits: 2 });
  native = await overWs({
    root,
    authenticate: ({ request }) => (admits(request.headers) ? { name: 'me' } : null),
    authorize: ({ user }) => user !== null,
  });
  const backend = await startHttpBackend(root, ({ headers }) => admits(headers));
  bases = { http: backend.url, ws: native.base };
  for (const [name, answer] of Object.entries({ right: password, wrong: 'wrong' })) {
    const ask = `case "$1" in Username*) echo me ;; *) echo '${answer}' ;; esac`;
    await script(`ask-${name}`, `echo "${name}: $1" >> '${log}'\n${ask}`);
  }
  await script('helper', `{ echo "- $1"; cat; } >> '${log}'`);
});

async function script(name: string, text: string): Promise<void> {
  await writeFile(join(scripts, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

beforeEach(() => {
  seen = {};
});

async function ask(
  scheme: 'http' | 'ws',
  situation: (base: string) => Situation | Promise<Situation>,
): Promise<Outcome> {
  const base = bases[scheme];
  const {
    userinfo = '',
    config = [],
    env = {},
    home = {},
  } = await situation(base.replace(/^ws/, 'http'));
  const HOME = await temporaryDirectory();
  for (const [name, text] of Object.entries(home)) await writeFile(join(HOME, name), text);
  await writeFile(log, '');
  seen = {};
  const url = `${base.replace('://', `://${userinfo}`)}/a.git`;
  const args = [...config.flatMap((one) => ['-c', one]), 'ls-remote', url, 'HEAD'];
  const { code, stderr } = await gitStatus(args, { env: { ...native.env, HOME, ...env } });
  const { authorization, cookie } = seen;
  const others = Object.entries(seen).filter(([name]) => name.startsWith('x-'));
  // The two differ in their ports, and in the words that a person sees.
  const plain = (text: string): string =>
    text
      .replaceAll(new URL(base).host, 'HOST')
      .replaceAll('ws://', 'http://')
      .replaceAll("a.git/'", "a.git'");
  return {
    ...{ code, headers: { authorization, cookie, ...Object.fromEntries(others) } },
    ...{ stderr: plain(stderr), log: plain(await readFile(log, 'utf8')) },
  };
}

const netrc = `machine 127.0.0.1 login me password "${password}"\n`;
const open = 'X-Door: open';

type Row = readonly [code: number, situation: (base: string) => Situation];

/** Of the corpus; that curl 7.88 sends one user's password with another's name is below. */
const netrcFiles = readCorpus<{ text: string; login: string }, object | null>('netrc')
  .filter(({ input: { login }, expected }) => expected !== null || login === '')
  .map(({ input: { text, login }, expected }): Row => {
    const userinfo = login === '' ? '' : `${login}@`;
    return [expected === null ? 128 : 0, () => ({ home: { '.netrc': text }, userinfo })];
  });
const cookieFiles = readCorpus<string, string | null>('cookies').map(({ input, expected }): Row => [
  expected === null ? 128 : 0,
  () => cookies(input),
]);

/** By the names that docs/native-git.md has: situations, and the code that git ends with. */
const rows: Record<string, readonly Row[]> = {
  '`~/.netrc`': [
    ...netrcFiles,
    [128, () => ({ home: { '.netrc': netrc }, userinfo: 'me:wrong@' })],
    [0, () => ({ home: { '.netrc': netrc.replace(password, 'old') }, env: asks('GIT_ASKPASS') })],
  ],
  '`~/_netrc`': [[128, () => ({ home: { _netrc: netrc } })]],
  '`GIT_ASKPASS`': [
    [0, () => ({ env: asks('GIT_ASKPASS') })],
    [0, () => ({ env: asks('GIT_ASKPASS'), userinfo: 'me@' })],
    [0, (base) => ({ env: asks('GIT_ASKPASS'), config: [`credential.${base}.username=me`] })],
    [0, () => ({ env: asks('GIT_ASKPASS'), config: ['core.askPass=/nonexistent'] })],
    [128, () => ({ env: { GIT_ASKPASS: join(scripts, 'ask-wrong') } })],
  ],
  '`core.askPass`': [
    [0, () => ({ config: [`core.askPass=${join(scripts, 'ask-right')}`] })],
    [
      0,
      () => ({
        config: [`core.askPass=${join(scripts, 'ask-right')}`],
        env: { SSH_ASKPASS: join(scripts, 'ask-wrong') },
      }),
    ],
  ],
  '`SSH_ASKPASS`': [[0, () => ({ env: asks('SSH_ASKPASS') })]],
  '`credential.useHttpPath`': [
    [0, () => ({ ...helped('credential.useHttpPath=true'), env: asks('GIT_ASKPASS') })],
    [0, () => ({ ...helped('credential.useHttpPath=false'), env: asks('GIT_ASKPASS') })],
    [0, (base) => ({ ...helped(`credential.${base}.useHttpPath=true`), env: asks('GIT_ASKPASS') })],
  ],
  '`http.cookieFile`': [
    ...cookieFiles,
    [
      0,
      () => cookies('127.0.0.1\tFALSE\t/\tFALSE\t0\tx\ty\n', `http.extraHeader=Cookie: door=open`),
    ],
    [128, () => ({ config: ['http.cookieFile=/nonexistent/cookies'] })],
  ],
  '`http.extraHeader`': [
    [0, () => ({ config: extra(open, 'X-More: 1', 'X-More: 2', 'X-Wide: größe') })],
    [0, () => ({ config: extra('X-More: 1', '', open, 'X-Empty;', 'X-None:', 'nothing') })],
    [128, () => ({ config: extra(open, '') })],
  ],
  '`http.<url>.*`': [
    ...['/', '/a.git', '/a.git/'].map(
      (path) =>
        [0, (base: string) => ({ config: [`http.${base}${path}.extraHeader=${open}`] })] as const,
    ),
    [0, (base) => ({ config: [`http.${base.replace('127', '*')}.extraHeader=${open}`] })],
    [128, (base) => ({ config: [`http.${base}/a.extraHeader=${open}`] })],
    [128, () => ({ config: [`http.http://127.0.0.1.extraHeader=${open}`] })],
    [128, (base) => ({ config: [`http.${base.replace('http', 'https')}.extraHeader=${open}`] })],
    [128, (base) => ({ config: [`http.${base.replace('//', '//you@')}.extraHeader=${open}`] })],
    [0, (base) => ({ config: [`http.${base}.extraHeader=${open}`, 'http.extraHeader=X-Late: 1'] })],
    [
      0,
      (base) => ({ config: ['http.extraHeader=X-Early: 1', `http.${base}.extraHeader=${open}`] }),
    ],
    [
      128,
      (base) => ({
        config: [`http.${base}/a.git.extraHeader=X-Best: 1`, `http.${base}.extraHeader=${open}`],
      }),
    ],
  ],
};

function asks(variable: string): Record<string, string> {
  return { [variable]: join(scripts, 'ask-right') };
}

function helped(...config: string[]): Situation {
  return { config: [`credential.helper=${join(scripts, 'helper')}`, ...config] };
}

function cookies(text: string, ...config: string[]): Situation {
  return { home: { cookies: text }, config: ['http.cookieFile=~/cookies', ...config] };
}

function extra(...lines: string[]): string[] {
  return lines.map((line) => `http.extraHeader=${line}`);
}

describe.each(Object.entries(rows))('%s', (_name, situations) => {
  it.each(situations.map((one, index) => [index + 1, ...one] as const))(
    'does for ws:// what it does for http://, case %i',
    async (_index, code, situation) => {
      const oracle = await ask('http', situation);
      expect(oracle.code).toBe(code);
      expect(await ask('ws', situation)).toEqual(oracle);
    },
  );
});

describe('a password of somebody else in ~/.netrc', () => {
  it('is not sent', async () => {
    const outcome = await ask('ws', () => ({ home: { '.netrc': netrc }, userinfo: 'you@' }));
    expect(outcome).toMatchObject({ code: 128, headers: { authorization: undefined } });
  });
});

describe('a prompt', () => {
  it('names the address that was written', async () => {
    const env = { ...native.env, GIT_ASKPASS: join(scripts, 'ask-right') };
    await writeFile(log, '');
    await git(['ls-remote', `${bases.ws}/a.git`], { env });
    expect(await readFile(log, 'utf8')).toBe(
      `right: Username for '${bases.ws}': \nright: Password for '${bases.ws.replace('//', '//me@')}': \n`,
    );
  });
});

describe('proxies', () => {
  const proxied: Record<string, readonly (readonly [boolean, (proxy: string) => Situation])[]> = {
    '`http.proxy`': [
      [true, (proxy) => ({ config: [`http.proxy=${proxy}`] })],
      [true, (proxy) => ({ config: [`http.proxy=${proxy.replace('http://', '')}`] })],
      [false, (proxy) => ({ config: ['http.proxy='], env: { http_proxy: proxy } })],
    ],
    '`http_proxy`': [
      [true, (http_proxy) => ({ env: { http_proxy } })],
      [false, (all_proxy) => ({ env: { http_proxy: '', all_proxy } })],
    ],
    '`HTTP_PROXY`': [[false, (HTTP_PROXY) => ({ env: { HTTP_PROXY } })]],
    '`all_proxy`, `ALL_PROXY`': [
      [true, (all_proxy) => ({ env: { all_proxy } })],
      [true, (ALL_PROXY) => ({ env: { ALL_PROXY } })],
      [true, (all_proxy) => ({ env: { all_proxy, ALL_PROXY: 'http://elsewhere.invalid' } })],
    ],
    '`no_proxy`, `NO_PROXY`': [
      [false, (all_proxy) => ({ env: { all_proxy, no_proxy: '10.0.0.0/8, 127.0.0.0/8' } })],
      [false, (all_proxy) => ({ env: { all_proxy, NO_PROXY: '*' } })],
      [true, (all_proxy) => ({ env: { all_proxy, NO_PROXY: '*', no_proxy: 'elsewhere' } })],
      [false, (proxy) => ({ config: [`http.proxy=${proxy}`], env: { no_proxy: '127.0.0.1' } })],
    ],
  };

  it.each(
    Object.entries(proxied).flatMap(([name, all]) =>
      all.map((one, index) => [name, index + 1, ...one] as const),
    ),
  )('%s, case %i', async (_name, _index, used, situation) => {
    for (const scheme of ['http', 'ws'] as const) {
      const proxy = await startHttpProxy();
      const set = situation(proxy.url);
      const { code } = await ask(scheme, () => ({
        ...set,
        config: [...(set.config ?? []), `http.extraHeader=${open}`],
      }));
      expect([scheme, code, proxy.asked.length > 0]).toEqual([scheme, 0, used]);
    }
  });

  it('without a port are asked at 1080', async () => {
    for (const scheme of ['http', 'ws'] as const) {
      const { stderr } = await ask(scheme, () => ({ env: { http_proxy: 'http://127.0.0.9' } }));
      expect(stderr).toContain('Failed to connect to 127.0.0.9 port 1080');
    }
  });

  it('stand in the table of docs/native-git.md, as all settings here do', () => {
    const page = readFileSync(new URL('../../docs/native-git.md', import.meta.url), 'utf8');
    const [, table = ''] =
      /\| git’s own `http:\/\/` [^\n]*\n\| -[^\n]*\n((?:\|[^\n]*\n)+)/.exec(page) ?? [];
    const names = table.split('\n').flatMap((line) => /^\| (.*?) +\|/.exec(line)?.[1] ?? []);
    expect(names).toEqual([...Object.keys(rows), ...Object.keys(proxied)]);
  });
});
