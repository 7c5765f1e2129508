/**
 * The server: joins the checks, the processes and the sockets, keeps count of all three, and ends
 * them. Lives on somebody's HTTP server, or on the one of `gitws serve`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions } from 'ws';
import { closeCodes } from '../src/tunnel/close.js';
import { maxBinaryBytes } from '../src/tunnel/message.js';
import { subprotocol } from '../src/tunnel/subprotocol.js';
import { takeUpgrades, type UpgradeServer } from './attach.js';
import { createClientAddress, type ClientAddress } from './client-address.js';
import { completeLimits, type Limits } from './limits.js';
import { Maintenance } from './maintenance.js';
import { Occupancy } from './occupancy.js';
import { checkedBasePath, checkedRoot, type GitServerOptions } from './options.js';
import { createOriginRules } from './origin.js';
import { Places } from './places.js';
import { Preparation } from './preparation.js';
import { reportOf } from './refusal-report.js';
import {
  answerUpgrade,
  httpStatusOf,
  refusal,
  Refusals,
  type HttpAnswer,
  type Refusal,
} from './refusal.js';
import { askGit } from './run-git.js';
import { Sessions } from './sessions.js';
import { spawnService, type ServiceProcess } from './spawn.js';
import { looksLikeEndpoint } from './target.js';
import {
  checkUpgrade,
  isOwnUpgrade,
  wantsRawPipe,
  type Admission,
  type Arrival,
  type UpgradeContext,
} from './upgrade.js';

/** A running server. */
export interface GitServer {
  /**
   * Takes the upgrades of `server` that are its own, before any listener for `upgrade` is told of
   * them, whether that was added earlier or later: many end whatever they do not know. All others
   * are told to the listeners untouched, and answered with 404 where there is none. Plain requests
   * stay with the server's own handler, which may offer them to {@link handleRequest}.
   *
   * @param server may listen already. Its `emit` is another one until {@link close}.
   */
  attach(server: UpgradeServer): void;
  /**
   * For a listener of one's own, which has to ask this first and leave alone what it took.
   *
   * @returns false, and leaves the socket alone, where the path is not a repository's endpoint and
   *   no subprotocol of gitws is offered below `basePath`.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Answers plain requests for an endpoint with 426. @returns false where the path is none. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /**
   * Ends every session and refuses new ones with 4503. Pushes whose every byte has arrived have
   * `drainTime` ms (default: the limit of that name) to finish; calling again may shorten it.
   * Resolves when no process and no socket is left.
   */
  close(options?: { readonly drainTime?: number | undefined }): Promise<void>;
  /** How many sessions there are, those without a connection included. */
  readonly sessions: number;
  /** How many of them wait for a client that lost its connection. */
  readonly detached: number;
}

/**
 * Makes a server that runs the real git for clients of gitws.v1.
 *
 * @param options see {@link GitServerOptions}.
 * @throws GitWsError INVALID_OPTION
 */
export function createGitServer(options: GitServerOptions): GitServer {
  return new RunningServer(options);
}

class RunningServer implements GitServer {
  readonly #context: UpgradeContext;
  readonly #limits: Limits;
  readonly #options: GitServerOptions;
  readonly #webSockets: WebSocketServer;
  readonly #sessions: Sessions;
  readonly #processes = new Set<ServiceProcess>();
  readonly #refusals: Refusals;
  readonly #clientAddress: ClientAddress;
  readonly #occupancy: Occupancy;
  readonly #places: Places;
  readonly #preparation: Preparation;
  readonly #maintenance: Maintenance;
  readonly #upgrades = new Set<Promise<void>>();
  readonly #detach: (() => void)[] = [];
  /** What decides each upgrade that is being checked. */
  readonly #checks = new Set<(verdict: Refusal) => void>();
  #closed: Promise<void> | undefined;
  #endDrain!: () => void;

  constructor(options: GitServerOptions) {
    const { allowPush = false, allowArchive = false } = options;
    this.#options = options;
    const root = checkedRoot(options.root);
    this.#limits = completeLimits(options.limits);
    this.#webSockets = createWebSocketServer(this.#limits);
    this.#refusals = new Refusals(this.#webSockets, this.#limits);
    this.#clientAddress = createClientAddress(options.trustedProxies ?? []);
    this.#occupancy = new Occupancy(this.#limits);
    const { maxChildren, maxPushMemory, maxPushSize, maxQueue, queueTime } = this.#limits;
    this.#places = new Places({ places: maxChildren, queue: maxQueue, time: queueTime });
    const gitConfig = {
      'receive.maxInputSize': `${maxPushSize}`,
      ...options.gitConfig,
    };
    this.#preparation = new Preparation({ ...options, gitConfig, maxPushMemory }, askGit);
    const onError = (error: unknown): void => {
      this.#report(error);
    };
    this.#maintenance = new Maintenance({ onError });
    this.#sessions = new Sessions({
      ...{ root, limits: this.#limits, onError },
      onSession: (report) => options.onSession?.(report),
      onPush: (gitDir) => {
        if (options.maintenance !== false) this.#maintenance.request(gitDir);
      },
    });
    this.#context = {
      root,
      only: options.repository?.split('/'),
      basePath: checkedBasePath(options.basePath ?? ''),
      services: new Set([
        'git-upload-pack',
        ...(allowPush ? (['git-receive-pack'] as const) : []),
        ...(allowArchive ? (['git-upload-archive'] as const) : []),
      ]),
      rules: createOriginRules(options),
      authenticate: options.authenticate,
      authorize:
        options.authorize ??
        (({ access }) =>
          access === 'read' ||
          (access === 'write' && allowPush) ||
          (access === 'archive' && allowArchive)),
      limits: this.#limits,
      knowsToken: (token) => this.#sessions.knowsToken(token),
      onError,
    };
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get detached(): number {
    return this.#occupancy.detached;
  }

  attach(server: UpgradeServer): void {
    this.#detach.push(takeUpgrades(server, (...upgrade) => this.handleUpgrade(...upgrade)));
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (!isOwnUpgrade(request, this.#context.basePath)) return false;
    socket.on('error', () => socket.destroy());
    const address = this.#clientAddress(request);
    const visit = this.#occupancy.arrive(address);
    const upgrade = this.#upgrade({ request, address, visit }, socket, head)
      .catch((error: unknown) => {
        visit.leave();
        this.#report(error);
        socket.destroy();
      })
      .finally(() => this.#upgrades.delete(upgrade));
    this.#upgrades.add(upgrade);
    return true;
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    if (!looksLikeEndpoint(request.url ?? '', this.#context.basePath)) return false;
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', Upgrade: 'websocket' };
    response
      .writeHead(426, headers)
      .end(
        `This is a git repository's endpoint for WebSockets (${subprotocol}), not for plain HTTP.\n`,
      );
    return true;
  }

  close({
    drainTime = this.#limits.drainTime,
  }: { drainTime?: number | undefined } = {}): Promise<void> {
    const drained = new Promise<void>((resolve) => {
      this.#endDrain ??= resolve;
    });
    this.#closed ??= this.#close(drained);
    const timer = setTimeout(this.#endDrain, drainTime);
    void this.#closed.finally(() => {
      clearTimeout(timer);
    });
    return this.#closed;
  }

  async #close(drained: Promise<void>): Promise<void> {
    for (const decide of this.#checks) decide(closing);
    this.#places.close();
    await Promise.all(this.#upgrades);
    this.#sessions.shutDown();
    void drained.then(() => {
      this.#sessions.shutDown({ now: true });
    });
    await this.#sessions.over();
    // What hooks have left in the background.
    for (const child of this.#processes) child.end({ term: 0, kill: this.#limits.killDelayUpload });
    await Promise.all([...this.#processes].map((child) => child.gone));
    await this.#maintenance.close();
    await this.#preparation.close();
    await this.#refusals.close();
    for (const detach of this.#detach) detach();
  }

  async #upgrade(arrival: Arrival, socket: Duplex, head: Buffer): Promise<void> {
    // Counted as under way from here on, so not before the caller has counted it.
    await Promise.resolve();
    const verdict = this.#closed === undefined ? await this.#check(arrival) : closing;
    let began = false;
    if (verdict.kind !== 'admission') this.#refuse(arrival, socket, head, verdict);
    else if (verdict.resume) began = this.#resume(arrival, socket, head, verdict);
    else if (!socket.destroyed) began = await this.#admit(arrival, socket, head, verdict);
    if (!began) arrival.visit.leave();
  }

  /** The verdict of the checks, unless the server closes before. */
  #check(arrival: Arrival): ReturnType<typeof checkUpgrade> {
    // No race with a promise that lives as long as the server: that keeps a trace of every upgrade.
    return new Promise((resolve, reject) => {
      this.#checks.add(resolve);
      void checkUpgrade(arrival, this.#context)
        .then(resolve, reject)
        .finally(() => this.#checks.delete(resolve));
    });
  }

  #refuse(arrival: Arrival, socket: Duplex, head: Buffer, refused: Refusal | HttpAnswer): void {
    const { request } = arrival;
    const { sentence } = refused;
    if (refused.kind === 'http') answerUpgrade(socket, refused.status, sentence);
    else if (!wantsRawPipe(request)) this.#refusals.refuse(request, socket, head, refused);
    else answerUpgrade(socket, httpStatusOf(refused.code), sentence);
    const { onRefusal } = this.#options;
    if (onRefusal === undefined) return;
    const { basePath, limits } = this.#context;
    try {
      const { maxTargetLength } = limits;
      onRefusal(reportOf({ ...arrival, basePath, maxTargetLength }, refused));
    } catch (error) {
      this.#report(error);
    }
  }

  /** @returns whether a session goes on with this socket. */
  #resume(arrival: Arrival, socket: Duplex, head: Buffer, admission: Admission): boolean {
    const resume = this.#sessions.resumption(admission, arrival.visit);
    if (resume === undefined) {
      this.#refuse(arrival, socket, head, { ...gone, user: admission.user ?? undefined });
      return false;
    }
    let accepted = false;
    this.#webSockets.handleUpgrade(arrival.request, socket, head, (webSocket) => {
      accepted = true;
      resume(webSocket);
    });
    return accepted;
  }

  /** @returns whether a session began. */
  async #admit(
    arrival: Arrival,
    socket: Duplex,
    head: Buffer,
    admission: Admission,
  ): Promise<boolean> {
    const { request, visit } = arrival;
    const user = admission.user ?? undefined;
    const giveBack = await this.#places.take();
    if (giveBack === undefined) {
      const verdict = this.#closed === undefined ? busy : closing;
      this.#refuse(arrival, socket, head, { ...verdict, user });
      return false;
    }
    let child: ServiceProcess;
    try {
      child = await this.#spawn(admission);
    } catch (error) {
      giveBack();
      this.#report(error);
      const sentence = 'The server could not start git.';
      this.#refuse(arrival, socket, head, refusal(closeCodes.failed, sentence, user));
      return false;
    }
    // Not when its group is gone: what a hook left in the background may stay for ever.
    void child.exited.then(giveBack);
    this.#processes.add(child);
    void child.gone.then(() => this.#processes.delete(child));
    let accepted = false;
    // Calls back before it returns, or never where the client has gone.
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      accepted = true;
      this.#sessions.begin(webSocket, child, admission, visit);
    });
    if (!accepted) child.end({ term: 0, kill: this.#limits.killDelayUpload });
    return accepted;
  }

  async #spawn({ service, gitProtocol, repository, user, name, address }: Admission) {
    const { gitDir } = repository;
    const asked = { service, gitProtocol, gitDir, user, name, remoteAddress: address };
    const settings = await this.#preparation.settingsFor(asked);
    return spawnService({ service, gitDir, ...settings });
  }

  #report(error: unknown): void {
    const { onError } = this.#options;
    if (onError !== undefined) onError(error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  }
}

const closing = refusal(closeCodes.unavailable, 'The server is shutting down.');
const gone = refusal(closeCodes.sessionGone, 'This session is gone.');
const busy = refusal(closeCodes.tooMany, 'The server has too much to do. Try again later.');

/** Newer than the types of ws. */
interface NewerOptions {
  readonly closeTimeout: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly maxPendingAutoPongs: number;
}

function createWebSocketServer(limits: Limits): WebSocketServer {
  const options: ServerOptions & NewerOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxBinaryBytes,
    // Of one message, whose pieces are kept until the last has come.
    maxFragments: 16_384,
    maxBufferedChunks: 262_144,
    maxPendingAutoPongs: 60,
    closeTimeout: limits.closeTime,
    // Never another entry: ws would echo the first one, which may hold credentials.
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  };
  return new WebSocketServer(options);
}
