/**
 * One operation of one client under faults, and the judgement of what came of it: it is right to
 * the last ref and object, or it failed with a clear error, harmed nothing, and succeeds when it is
 * asked for again. Anything else throws.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expectSoundRepository, git } from '../helpers/git.js';
import { startProxy, type Carried, type Proxy, type Piece, type Plan } from '../helpers/proxy.js';
import { eventually, noProcessIn } from '../helpers/processes.js';
import { carryOut, Failed, type ClientName, type ClientSettings } from './clients.js';
import { allRefs, type Ground, type Operation, type Plot } from './ground.js';

/** What to try. */
export interface Trial {
  readonly client: ClientName;
  readonly operation: Operation;
  readonly plan: Plan;
  readonly settings?: ClientSettings;
  /** Called when the proxy listens, before the client starts. */
  readonly begin?: (proxy: Proxy, plot: Plot) => unknown;
  /** Sees everything that passes the proxy. */
  readonly onDelivery?: (piece: Piece) => void;
}

/** What came of it. */
export interface Outcome {
  /** Undefined where the operation succeeded. */
  readonly failure: Failed | undefined;
  /** The connections that the client made under faults. */
  readonly connections: readonly Carried[];
  /** The server's name for the repository, by which its reports of sessions are found. */
  readonly name: string;
}

/**
 * Time in which an operation must be over, whatever happens to it, in ms: twice what a client may
 * rightly take for a session of a minute, whose every attempt to resume is left hanging for 10 s.
 */
const patience = 120_000;

/** Codes with which the library says clearly that it could not be done. */
const clearCodes = [
  ...['CONNECTION_FAILED', 'CONNECTION_LOST', 'PUSH_OUTCOME_UNKNOWN', 'REFUSED', 'TIMEOUT'],
  // A refusal, in isomorphic-git's words.
  'HttpError',
];

/** Sentences with which git's helper says so. */
const clearSentences = [/unable to access '[^']+': .+/, /the connection to '[^']+' was lost.*: .+/];

/** @throws Error where it is neither right nor a clear failure without harm, or hangs. */
export async function runTrial(ground: Ground, trial: Trial): Promise<Outcome> {
  const { client, operation, plan, begin, onDelivery } = trial;
  const plot = await ground.plot(operation);
  const proxy = await startProxy(ground.url, plan, onDelivery && { onDelivery });
  const settings = { ...trial.settings, env: { ...ground.env, ...trial.settings?.env } };
  const before = operation === 'clone' ? '' : await allRefs(plot.clone);
  try {
    await begin?.(proxy, plot);
    const wish = { operation, url: `${proxy.url}/${plot.name}`, clone: plot.clone };
    const failure = await failureOf(carryOut(client, wish, settings));
    // A copy: proxies go on counting.
    const connections = proxy.connections.map(({ up, down, struck }) => ({ up, down, struck }));
    if (failure === undefined) {
      await expectSame(ground, client, operation, plot);
    } else {
      checkClear(failure);
      await proxy.close();
      await noProcessIn(plot.gitDir);
      await noQuarantineIn(plot.gitDir);
      // No lock and no half-written pack is left of it, either.
      await expectSoundRepository(plot.gitDir);
      if (operation === 'clone') {
        // isomorphic-git leaves the folder that it has made, and nothing in it.
        const left = client === 'isomorphic-git' ? join(plot.clone, '.git') : plot.clone;
        if (existsSync(left)) throw new Error('a part of the clone is left');
      } else {
        await expectSoundRepository(plot.clone);
        const now = await allRefs(plot.clone);
        if (now !== before) throw new Error(`the refs were\n${before}\nand are\n${now}`);
      }
      const again = { ...wish, url: `${ground.url}/${plot.name}` };
      await carryOut(client, again, { ...settings, http: {} });
      await expectSame(ground, client, operation, plot);
    }
    await noProcessIn(plot.gitDir);
    await expectSoundRepository(plot.gitDir);
    await plot.remove();
    return { failure, connections, name: plot.name };
  } finally {
    await proxy.close();
  }
}

/** @throws whatever is not a {@link Failed}, and where it takes for ever. */
async function failureOf(operation: Promise<void>): Promise<Failed | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hung = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), patience);
  });
  try {
    await Promise.race([operation, hung]);
    return undefined;
  } catch (error) {
    if (error instanceof Failed) return error;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits until the server has removed what a receive-pack left that was ended by a signal: it does so
 * when no process of it is left.
 *
 * @throws Error where it does not.
 */
async function noQuarantineIn(gitDir: string): Promise<void> {
  const deadline = performance.now() + patience / 4;
  await eventually(async () => {
    const objects = await readdir(join(gitDir, 'objects'));
    const left = objects.filter((name) => name.includes('incoming-'));
    if (left.length === 0) return true;
    if (performance.now() > deadline) throw new Error(`left behind: ${left.join(', ')}`);
    return false;
  });
}

function checkClear({ code, message, cause }: Failed): void {
  const isClear =
    code === undefined
      ? clearSentences.some((sentence) => sentence.test(message))
      : clearCodes.includes(code);
  if (!isClear) throw new Error(`no clear error: ${code ?? 'git'}: ${message}`, { cause });
}

/** Both ends have the same refs, and all of their objects. */
async function expectSame(
  ground: Ground,
  client: ClientName,
  operation: Operation,
  { gitDir, clone }: Plot,
): Promise<void> {
  await expectSoundRepository(clone);
  const pushed = operation === 'push';
  const there = await refs(gitDir, 'refs/heads/');
  const here = await refs(clone, pushed ? 'refs/heads/' : 'refs/remotes/origin/');
  // A push is of one branch.
  const [source, copy] = pushed ? [here, there] : [there, here];
  expectCopy(source, copy);
  if (!pushed) expectCopy(await refs(gitDir, 'refs/tags/'), await refs(clone, 'refs/tags/'));
  // isomorphic-git has ways of its own with HEAD, and with what it calls the branches of a remote.
  if (client === 'isomorphic-git') return;
  const native = await ground.nativeRefs(operation);
  const own = { there: await allRefs(gitDir), here: await allRefs(clone) };
  for (const side of ['there', 'here'] as const) {
    if (own[side] === native[side]) continue;
    throw new Error(`refs ${side} are\n${own[side]}\nand git's\n${native[side]}`);
  }
  if (client !== 'gitws/git' || operation !== 'clone') return;
  const changed = await git(['-C', clone, 'status', '--porcelain', '--ignored']);
  if (changed !== '') throw new Error(`the working tree is not what was cloned:\n${changed}`);
}

function expectCopy(source: Map<string, string>, copy: Map<string, string>): void {
  if (source.size === 0) throw new Error('there are no refs');
  for (const [name, oid] of source) {
    const got = copy.get(name) ?? 'nothing';
    if (got !== oid) throw new Error(`${name} is ${got}, not ${oid}`);
  }
}

async function refs(directory: string, prefix: string): Promise<Map<string, string>> {
  const format = `--format=%(refname) %(objectname)`;
  const lines = await git(['-C', directory, 'for-each-ref', format, prefix]);
  return new Map(
    lines
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(`${prefix}HEAD `))
      .map((line) => {
        const [name = '', oid = ''] = line.split(' ');
        return [name.slice(prefix.length), oid];
      }),
  );
}
