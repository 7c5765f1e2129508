/**
 * Servers and connections that fail: the operation rejects with the right code, what was there
 * before is as it was, and the next attempt succeeds.
 */
import type { ContractCase, ContractContext, FakeScript } from '../context.js';
import { equal, ok, rejects } from '../expect.js';
import { cloneWithCommit, commitFile, noise, untilTold } from './push.js';

/** What a clone from a misbehaving server must reject with. */
const clones: [FakeScript, code: string, words?: string][] = [
  ['band 3 in the middle of the pack', 'REMOTE_ERROR', 'pack-objects died of hunger'],
  ['band 3 behind a whole pack', 'REMOTE_ERROR', 'something else broke'],
  ['an ERR line in place of refs', 'REMOTE_ERROR', 'on holiday'],
  ['an ERR line in place of the pack', 'REMOTE_ERROR', 'not our ref'],
  ['a truncated pack, neatly ended', 'CORRUPT_PACK'],
  ['a truncated pack, ended by the stream', 'CORRUPT_PACK'],
  ['a pack without its last byte', 'CORRUPT_PACK'],
  ['a pack with one bit changed', 'CORRUPT_PACK'],
  ['a pack with one more byte', 'CORRUPT_PACK'],
  ['no pack at all', 'MALFORMED_PKT_LINE'],
  ['an empty answer', 'MALFORMED_PKT_LINE'],
  ['a whole pack and exit code 1', 'REMOTE_EXIT', 'fatal: the disk is full'],
  ['a whole pack and then no exit', 'CONNECTION_LOST'],
  ['half a pack and SIGKILL', 'REMOTE_EXIT', 'SIGKILL'],
  ['half a pack and a lost connection', 'CONNECTION_LOST'],
  ['half a pack and a server that shuts down', 'REFUSED', 'shutting down'],
  ['lines that have no place here', 'MALFORMED_PKT_LINE'],
  ['a ref outside of refs/', 'INVALID_REF_NAME'],
  ['a symref outside of refs/', 'INVALID_REF_NAME'],
  ['a SHA-256 repository', 'UNSUPPORTED_OBJECT_FORMAT'],
];

const failedClones = clones.map(([script, code, words = '']): ContractCase => ({
  name: `a clone from a server with ${script} rejects with ${code} and leaves nothing`,
  async run({ git, http, fs, dir, oracle }) {
    const url = await oracle.play(script);
    const error = await rejects(git.clone({ fs, http, dir, url }), code);
    ok(error.message.includes(words), error.message);
    const left = await fs.promises.readdir(`${dir}/.git`).catch(() => []);
    equal(left, [], 'what is left');
  },
}));

/** What a fetch into a good clone must reject with, and what must not have changed by it. */
const failedFetches = (
  [
    ['a truncated pack, neatly ended', 'CORRUPT_PACK'],
    ['half a pack and a lost connection', 'CONNECTION_LOST'],
    ['an answer that stops behind its first lines', 'CONNECTION_LOST'],
    ['band 3 in the middle of the pack', 'REMOTE_ERROR'],
  ] as const
).map(([script, code]): ContractCase => ({
  name: `a fetch from a server with ${script} leaves refs, shallow and objects as they were`,
  isLong: true,
  async run({ git, http, fs, dir, oracle }) {
    const { url } = await oracle.repository('sample');
    await git.clone({ fs, http, dir, url, depth: 2 });
    const look = async (): Promise<string[]> => [
      await oracle.clientGit(dir, ['for-each-ref']),
      await oracle.clientGit(dir, ['rev-list', '--all']),
      await oracle.clientGit(dir, ['count-objects', '-v']),
    ];
    const before = await look();
    const fetch = git.fetch({ fs, http, dir, url: await oracle.play(script), depth: 50 });
    await rejects(fetch, code);
    equal(await look(), before);
    await oracle.expectSoundClient(dir);
    await git.fetch({ fs, http, dir, url, depth: 50 });
  },
}));

const good: ContractCase[] = (['the truth', 'the truth without a side-band'] as const).map(
  (script) => ({
    name: `a clone from a played server with ${script} succeeds: the others fail for what they say`,
    async run({ git, http, fs, dir, oracle }) {
      await git.clone({ fs, http, dir, url: await oracle.play(script) });
    },
  }),
);

const lists = (
  [
    ['a v2 list with a ref outside of refs/', 'INVALID_REF_NAME'],
    ['a v2 list with a second one behind it', 'MALFORMED_PKT_LINE'],
    ['a v2 list that is cut', 'MALFORMED_ADVERTISEMENT'],
  ] as const
).map(([script, code]): ContractCase => ({
  name: `listServerRefs from a server with ${script} rejects with ${code}`,
  async run({ git, http, oracle }) {
    await rejects(git.listServerRefs({ http, url: await oracle.play(script) }), code);
  },
}));

/** A push to a played server from a good clone. */
async function pushTo(context: ContractContext, script: FakeScript) {
  const { git, http, fs, dir, oracle } = context;
  const { oid } = await cloneWithCommit(context);
  const url = await oracle.play(script);
  return { oid, pushed: git.push({ fs, http, dir, url, force: true }) };
}

const unknownOutcomes = (
  [
    'a push without a report',
    'a push with half a report',
    'a push with a report on another ref',
    'a push that is lost',
  ] as const
).map((script): ContractCase => ({
  name: `${script} rejects with PUSH_OUTCOME_UNKNOWN and tells the ref’s old, wanted and current oid`,
  isLong: true,
  async run(context) {
    const { oid, pushed } = await pushTo(context, script);
    const error = await rejects(pushed, 'PUSH_OUTCOME_UNKNOWN');
    const [found] = error.data['refs'] as Record<string, string>[];
    const { ref, old, wanted, current } = found ?? {};
    equal([ref, wanted], ['refs/heads/main', oid]);
    // The played server never changes its ref.
    ok(old !== undefined && old === current && old !== oid, `${old} became ${current}`);
  },
}));

/** Clones, fetches and lists of refs that fail. */
export const failureCases: ContractCase[] = [
  ...good,
  ...failedClones,
  ...failedFetches,
  ...lists,
  {
    name: 'a real SHA-256 repository is refused with UNSUPPORTED_OBJECT_FORMAT, for reading and writing',
    async run({ git, http, fs, dir, oracle }) {
      const { url } = await oracle.repository('sha256');
      const read = await rejects(git.clone({ fs, http, dir, url }), 'UNSUPPORTED_OBJECT_FORMAT');
      equal(read.data['objectFormat'], 'sha256');
      for (const protocolVersion of [1, 2] as const) {
        const list = git.listServerRefs({ http, url, protocolVersion });
        await rejects(list, 'UNSUPPORTED_OBJECT_FORMAT');
      }
      const forPush = git.getRemoteInfo({ http, url, forPush: true });
      await rejects(forPush, 'UNSUPPORTED_OBJECT_FORMAT');
      await oracle.idle();
    },
  },
  {
    name: 'a connection lost in mid-clone rejects, leaves no session, and the next clone succeeds',
    async run({ git, http, fs, dir, oracle }) {
      const repository = await oracle.repository('large');
      const url = await oracle.proxy(repository, {
        strike: { direction: 'down', after: 100_000, how: 'reset' },
      });
      await rejects(git.clone({ fs, http, dir, url }), 'CONNECTION_LOST');
      await oracle.idle();
      await git.clone({ fs, http, dir, url: repository.url, noCheckout: true });
      await oracle.expectSoundClient(dir);
    },
  },
];

/** Pushes that fail, or seem to. */
export const failedPushCases: ContractCase[] = [
  ...unknownOutcomes,
  {
    name: 'a push whose git fails rejects with REMOTE_EXIT, git’s words, and what the refs are now',
    isLong: true,
    async run(context) {
      const { oid, pushed } = await pushTo(context, 'a push that ends with exit code 128');
      const error = await rejects(pushed, 'REMOTE_EXIT');
      ok(error.message.includes('no space left on device'), error.message);
      const [ref] = error.data['refs'] as { wanted: string; current: string; old: string }[];
      equal([ref?.wanted, ref?.current], [oid, ref?.old]);
    },
  },
  {
    name: 'a push whose whole report came before the connection was lost is a good push',
    isLong: true,
    async run(context) {
      const { pushed } = await pushTo(context, 'a push with a whole report, and then no exit');
      equal((await pushed).ok, true);
    },
  },
  {
    name: 'a push to a server that knows no side-band is understood',
    isLong: true,
    async run(context) {
      const { pushed } = await pushTo(context, 'a push with a report but no side-band');
      equal((await pushed).ok, true);
    },
  },
  {
    name: 'a connection lost in mid-push rejects, leaves the server sound, and the next push succeeds',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const repository = await cloneWithCommit(context);
      const before = await oracle.serverGit(repository.name, ['rev-parse', 'main']);
      // So much that the last byte is still here when the connection goes.
      const oid = await commitFile(context, 'noise.bin', noise());
      const url = await oracle.proxy(repository, {
        strike: { direction: 'up', after: 60_000, how: 'reset' },
      });
      await rejects(git.push({ fs, http, dir, url }), 'CONNECTION_LOST');
      await oracle.idle();
      equal(await oracle.serverGit(repository.name, ['rev-parse', 'main']), before);
      await oracle.expectSoundServer(repository.name);
      await git.push({ fs, http, dir });
      equal(await oracle.serverGit(repository.name, ['rev-parse', 'main']), oid);
      await oracle.expectSoundServer(repository.name);
    },
  },
  {
    name: 'a connection lost while a hook runs leaves the push in doubt, and the hook finishes it',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const repository = await cloneWithCommit(context);
      const { name, oid } = repository;
      const old = await oracle.serverGit(name, ['rev-parse', 'main']);
      await oracle.hook(name, 'pre-receive', untilTold);
      const url = await oracle.proxy(repository, {});
      const pushed = rejects(git.push({ fs, http, dir, url }), 'PUSH_OUTCOME_UNKNOWN');
      await oracle.waitForFile(name, 'started');
      await oracle.cut(url);
      const error = await pushed;
      // Asked afresh through the same proxy, while the hook still runs.
      equal(error.data['refs'], [{ ref: 'refs/heads/main', old, wanted: oid, current: old }]);
      await oracle.makeFile(name, 'go');
      await oracle.waitForRef(name, 'refs/heads/main', oid);
      await oracle.idle();
    },
  },
  {
    name: 'a push in doubt whose server cannot be asked says so',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const repository = await cloneWithCommit(context);
      const { name, oid } = repository;
      await oracle.hook(name, 'pre-receive', untilTold);
      const url = await oracle.proxy(repository, {});
      const pushed = rejects(git.push({ fs, http, dir, url }), 'PUSH_OUTCOME_UNKNOWN');
      await oracle.waitForFile(name, 'started');
      await oracle.closeProxy(url);
      const [ref] = (await pushed).data['refs'] as Record<string, string | undefined>[];
      equal([ref?.['wanted'], ref?.['current']], [oid, undefined]);
      await oracle.makeFile(name, 'go');
      await oracle.waitForRef(name, 'refs/heads/main', oid);
      await oracle.idle();
    },
  },
];
