/** Reaches repositories over ssh: one process a service, over connections that are shared. */
import type { GitService } from '../../../../src/tunnel/machine/request-target.js';
import { closeCodes } from '../../../../src/tunnel/machine/close.js';
import type { Refusal } from '../../../admission/refusal.js';
import { inTime } from '../../../base/in-time.js';
import type { Running } from '../../../processes.js';
import { services } from '../../../services.js';
import type { ServiceProcess } from '../../local/spawn.js';
import type { Service } from '../../service.js';
import { isUnanswered, refusalOfFailure } from '../answers.js';
import type { Lookup } from '../pool.js';
import type { Location } from '../smart-http.js';
import type { SshAddress } from './address.js';
import { remoteCommand, sshArguments } from './arguments.js';
import { addressesOf } from './connect-to.js';
import type { SshFiles } from './files.js';
import { PrivateDirectory, takeLog } from './private-directory.js';
import { isOfShared, refusalOfEnd } from './refusals.js';
import { spawnSsh } from './spawn.js';
import { closed, SshService } from './ssh-service.js';

/** What {@link Ssh} works with. */
export interface SshSettings {
  readonly files: SshFiles;
  /** Time for a connection to be made, in ms. */
  readonly connectTime: number;
  /** Time in which nothing may pass in either direction, in ms. */
  readonly silence: number;
  /** Time from SIGTERM to SIGKILL, in ms. */
  readonly killTime: number;
  readonly lookup: Lookup | undefined;
  /** Told of each process. */
  readonly onProcess: (process: Running) => void;
  readonly onError: (error: unknown) => void;
}

/** What is asked of a repository. */
export interface SshAsked {
  readonly service: GitService;
  readonly gitProtocol: string | undefined;
  readonly signal: AbortSignal;
  /** Told whether the host has answered, where that is known. */
  readonly told: (answered: boolean) => void;
}

/** Most that is kept of what the other end says before it answers, in bytes. */
const mostWords = 16 * 1024;

/** Time for a shared connection to end, in ms. */
const endTime = 2_000;

/** Speaks with the upstreams of one server. */
export class Ssh {
  readonly #settings: SshSettings;
  #directory: Promise<PrivateDirectory> | undefined;

  constructor(settings: SshSettings) {
    this.#settings = settings;
  }

  /** Starts the service, at the first of the host's addresses that answers. */
  async open(location: Location, address: SshAddress, asked: SshAsked): Promise<Service | Refusal> {
    const { host, private: allowPrivate } = location.upstream;
    const { lookup, onError } = this.#settings;
    let addresses: readonly string[];
    try {
      addresses = await addressesOf(address.hostname, allowPrivate, lookup);
    } catch (error) {
      onError(error);
      if (isUnanswered(error, asked.signal)) asked.told(false);
      return refusalOfFailure(host, error);
    }
    const opened = await this.#tryEach(addresses, location, address, asked);
    const isDown = 'kind' in opened && opened.code === closeCodes.unavailable;
    // Of what waits to be asked nothing was heard yet.
    const isKnown = 'kind' in opened || services[asked.service].speaksFirst;
    if (isKnown && isUnanswered(undefined, asked.signal)) {
      asked.told(!isDown && !asked.signal.aborted);
    }
    return opened;
  }

  /** Ends every connection that is shared. No service runs any more. */
  async close(): Promise<void> {
    const directory = await this.#directory?.catch(() => undefined);
    this.#directory = undefined;
    if (directory === undefined) return;
    const sockets = await directory.openSockets();
    await Promise.all(sockets.map((socket) => this.#endShared(directory, socket)));
    await directory.remove().catch(this.#settings.onError);
  }

  async #tryEach(
    addresses: readonly string[],
    location: Location,
    address: SshAddress,
    asked: SshAsked,
  ): Promise<Service | Refusal> {
    let refused = refusalOfFailure(location.upstream.host, undefined);
    for (const connectTo of addresses) {
      if (asked.signal.aborted) break;
      const opened = await this.#try(location, { address, connectTo }, asked);
      if (!('kind' in opened) || opened.code !== closeCodes.unavailable) return opened;
      refused = opened;
    }
    return refused;
  }

  async #try(
    location: Location,
    where: { readonly address: SshAddress; readonly connectTo: string },
    asked: SshAsked,
    shares = true,
  ): Promise<Service | Refusal> {
    const { files, connectTime, silence, killTime, onProcess, onError } = this.#settings;
    const { service, gitProtocol, signal } = asked;
    const { segments } = location;
    const { host } = location.upstream;
    const directory = await this.#ownDirectory();
    const log = directory.newLog();
    const args = sshArguments({
      ...{ ...where, files, connectTime, log },
      sockets: shares ? directory.sockets : undefined,
      command: remoteCommand(service, segments),
    });
    const child = await spawnSsh({ args, cwd: directory.path, gitProtocol });
    onProcess(child);
    const words = new EarlyWords(child);
    const stop = (): void => {
      child.end({ term: 0, kill: killTime });
    };
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    // What waits to be asked says nothing by which it could be known that it is there.
    const speaks = !services[service].speaksFirst || (await hasSpoken(child));
    signal.removeEventListener('abort', stop);
    if (speaks) {
      const readLog = (): Promise<string> => takeLog(log);
      const early = words.take();
      return new SshService({
        ...{ child, host, words: early, silence, killTime, readLog, onError },
      });
    }
    const { code } = await child.exited;
    await closed(child.stderr);
    const said = await takeLog(log);
    if (said.trim() !== '' && !signal.aborted) onError(new Error(`ssh to ${host}: ${said.trim()}`));
    if (shares && !signal.aborted && isOfShared({ code, log: said })) {
      return this.#try(location, where, asked, false);
    }
    return refusalOfEnd({ host, code, log: said, words: Buffer.concat(words.take()).toString() });
  }

  async #ownDirectory(): Promise<PrivateDirectory> {
    const before = this.#directory;
    const known = await before?.catch(() => undefined);
    if (known !== undefined && (await known.isThere())) return known;
    // Unless another has made one meanwhile.
    if (this.#directory === before) this.#directory = PrivateDirectory.create();
    if (this.#directory === undefined)
      throw new Error('ssh is asked for by a server that is closed');
    return this.#directory;
  }

  /** Nothing uses it: where it does not hear, it ends by itself. */
  async #endShared({ path: cwd }: PrivateDirectory, socket: string): Promise<void> {
    try {
      const args = ['-F', 'none', '-S', socket, '-O', 'exit', '--', 'shared'];
      const child = await spawnSsh({ args, cwd });
      for (const stream of [child.stdout, child.stderr]) stream.resume();
      await inTime(child.exited, endTime, () => {
        child.end({ term: 0, kill: 0 });
      });
    } catch (error) {
      this.#settings.onError(error);
    }
  }
}

/** What the other end says on stderr before anything else. */
class EarlyWords {
  readonly #child: ServiceProcess;
  readonly #pieces: Buffer[] = [];
  #size = 0;

  constructor(child: ServiceProcess) {
    this.#child = child;
    child.stderr.on('data', this.#keep);
  }

  /** @returns all of it; what comes is another's from now on. */
  take(): readonly Buffer[] {
    this.#child.stderr.off('data', this.#keep).pause();
    return this.#pieces;
  }

  readonly #keep = (piece: Buffer): void => {
    if (this.#size < mostWords) this.#pieces.push(piece);
    this.#size += piece.length;
  };
}

/** Whether a service says anything before it ends. What it says is still to be read. */
function hasSpoken({ stdout }: ServiceProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const onData = (piece: Buffer): void => {
      stdout.off('close', onClose).pause();
      stdout.unshift(piece);
      resolve(true);
    };
    const onClose = (): void => {
      stdout.off('data', onData);
      resolve(false);
    };
    stdout.once('data', onData).once('close', onClose);
  });
}
