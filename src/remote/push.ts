/**
 * Pushes to receive-pack: refs are judged first, then it is found out what the remote lacks, and only
 * when all of it is known to be there anything is sent. What is sent is never begun anew.
 */
import { GitWsError } from '../base/errors.js';
import { Pace, callersSlice } from '../pack/index/pace.js';
import { Commits } from '../repository/commits.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { findObjectsToSend } from '../repository/objects-to-send.js';
import { PackToSend } from '../repository/pack-to-send.js';
import type { Promisor } from '../repository/promisor.js';
import { readShallow } from '../repository/shallow-file.js';
import { StoredObjects } from '../repository/stored-objects.js';
import { promisesOf } from '../storage/file-system.js';
import { zeroOid } from '../wire/oid.js';
import type { PushCommand } from '../wire/v0/push-request.js';
import type { Advertisement } from '../wire/v0/advertisement.js';
import type { ReportStatus } from '../wire/v0/report-status.js';
import { closeAfterAdvertisement, refsOf } from './advertisement.js';
import type { AdvertisedRun, Connection } from './connection.js';
import type { MessageListeners } from './remote-messages.js';
import { ByteProgress } from './progress.js';
import { checkUpdates, type WantedUpdate } from './push-checks.js';
import { sendPush } from './push-exchange.js';
import { askRefs } from './push-outcome.js';
import { encodeHead, pushCapabilities } from './push-head.js';
import { Restarts, type RestartOptions } from './restart.js';
import type { ServiceRun } from './service-run.js';

/** What is pushed, and from where. */
export interface PushSource {
  /** isomorphic-git's. */
  readonly fs: object;
  readonly gitdir: string;
  /** Gets what a partial clone lacks. */
  readonly promisor?: Pick<Promisor, 'get'> | undefined;
  /**
   * Says what is to become of which refs; asked again where the server was asked again.
   *
   * @param refs the oids of the server's, by their names.
   */
  readonly choose: (refs: ReadonlyMap<string, string>) => Promise<readonly WantedUpdate[]>;
}

/** How it is pushed. */
export interface PushOptions extends RestartOptions {
  /** All of the refs, or none. */
  readonly atomic?: boolean | undefined;
  /** What the server's hooks are told (`git push -o`). */
  readonly pushOptions?: readonly string[] | undefined;
  readonly listeners: MessageListeners;
  /** Whether the server's git need not tell of its progress. */
  readonly quiet?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** What became of a push. */
export interface PushOutcome {
  readonly updates: readonly WantedUpdate[];
  /** Undefined where there was nothing to do. */
  readonly report: ReportStatus | undefined;
}

/**
 * @throws GitWsError PushRejectedError, UNSUPPORTED_CAPABILITY and OBJECT_UNAVAILABLE before anything was
 *   sent; what {@link sendPush}, `connection` and `choose` throw; CORRUPT_PACK; what the file system throws.
 */
export async function push(
  connection: Connection,
  source: PushSource,
  options: PushOptions,
): Promise<PushOutcome> {
  const { signal } = options;
  const pace = new Pace(callersSlice, signal);
  const restarts = new Restarts(options);
  const open = (): Promise<AdvertisedRun> => connection.open('git-receive-pack');
  const openAgain = (failure: unknown): Promise<AdvertisedRun> =>
    restarts.again(failure, open, [signal]);
  const gitdir = await findGitDirectory(promisesOf(source.fs), source.gitdir);
  const { promisor } = source;
  const objects = new StoredObjects(source.fs, gitdir, { pace, blobs: true, promisor, signal });
  try {
    // It was there a moment ago, and nothing was asked of it.
    let opened = await open().catch((failure: unknown) => {
      if ((failure as { code?: unknown } | null)?.code !== 'CONNECTION_LOST') throw failure;
      return openAgain(failure);
    });
    for (;;) {
      const attempt = new Attempt({ connection, source, options, pace, objects, gitdir }, opened);
      const outcome = await attempt.run();
      if (outcome !== 'lost') return outcome;
      opened = await openAgain(await attempt.whyLost());
    }
  } finally {
    pace.close();
    await objects.close();
  }
}

interface Work {
  readonly connection: Connection;
  readonly source: PushSource;
  readonly options: PushOptions;
  readonly pace: Pace;
  readonly objects: StoredObjects;
  readonly gitdir: string;
}

/** A push in one run of receive-pack. */
class Attempt {
  readonly #work: Work;
  readonly #run: ServiceRun;
  readonly #advertised: Advertisement;
  #isGone = false;

  constructor(work: Work, { run, advertisement }: AdvertisedRun) {
    this.#work = work;
    this.#run = run;
    this.#advertised = advertisement;
    void run.closed.then(() => {
      this.#isGone = true;
    });
  }

  /** @returns `lost` where the session was, and nothing was sent. */
  async run(): Promise<PushOutcome | 'lost'> {
    try {
      return await this.#push();
    } catch (error) {
      this.#run.abort(error);
      throw error;
    }
  }

  /** @returns what ended the run. */
  async whyLost(): Promise<unknown> {
    try {
      await this.#run.read();
      await this.#run.success();
    } catch (error) {
      return error;
    }
    return new GitWsError('CONNECTION_LOST', 'The server ended before anything was pushed.');
  }

  async #push(): Promise<PushOutcome | 'lost'> {
    const { source, options, objects, gitdir } = this.#work;
    const advertisement = refsOf(this.#advertised);
    const { refs, shallow, haves } = advertisement;
    const oids = new Map(refs.map(({ name, oid }) => [name, oid]));
    const cutOff = await readShallow(promisesOf(source.fs), gitdir);
    const commits = new Commits(objects, cutOff);
    const updates = await source.choose(oids);
    const commands = await checkUpdates(updates, oids, commits);
    if (commands.length === 0) {
      void closeAfterAdvertisement(this.#run);
      return { updates, report: undefined };
    }
    const capabilities = pushCapabilities(advertisement.capabilities, commands, options);
    const pack = await this.#pack(commands, commits, {
      ...{ haves: [...oids.values(), ...haves], remoteShallow: new Set(shallow) },
    });
    // A loss that is known before anything is sent.
    if (this.#isGone) return 'lost';
    const head = encodeHead({ commands, capabilities, shallow: [...cutOff] }, options.pushOptions);
    const sideBand = capabilities.has('side-band-64k');
    const { report } = await sendPush(
      this.#run,
      { body: bodyOf(head, pack), asked: () => ({ commands, sideBand }) },
      options.listeners,
      () =>
        askRefs(
          (signal) => this.#work.connection.open('git-receive-pack', { signal }),
          [options.signal],
        ),
    );
    return { updates, report };
  }

  /** @returns undefined where refs are only deleted: then there is none, not even an empty one. */
  async #pack(
    commands: readonly PushCommand[],
    commits: Commits,
    remote: { readonly haves: readonly string[]; readonly remoteShallow: ReadonlySet<string> },
  ): Promise<PackToSend | undefined> {
    const { options, objects, pace } = this.#work;
    const { onProgress } = options.listeners;
    const tips = commands.map(({ newOid }) => newOid).filter((oid) => oid !== zeroOid);
    if (tips.length === 0) return undefined;
    const counting = new ByteProgress('Counting objects', onProgress);
    const onFound = (): Promise<void> => counting.add(1);
    const asked = { tips: [...new Set(tips)], ...remote, onObject: onFound };
    const found = await findObjectsToSend(objects, commits, asked);
    await counting.finish();
    const writing = new ByteProgress('Writing objects', onProgress, found.objects.length);
    const announced = this.#advertised.capabilities;
    return PackToSend.of(found, objects, {
      ...{ thin: !announced.has('no-thin'), ofsDelta: announced.has('ofs-delta'), pace },
      onObject: async (isLast: boolean) => {
        await writing.add(1);
        if (isLast) await writing.finish();
      },
    });
  }
}

async function* bodyOf(
  head: Uint8Array,
  pack: PackToSend | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  if (pack !== undefined) yield* pack.pieces();
}
