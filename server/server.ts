/**
 * The server: joins the checks, the processes and the sockets, keeps count of all three, and ends
 * them. Lives on somebody's HTTP server, or on the one of `gitws serve`.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { closeCodes } from '../src/tunnel/close.js';
import { maxBinaryBytes } from '../src/tunnel/message.js';
import { subprotocol } from '../src/tunnel/subprotocol.js';
import { completeLimits, type Limits } from './limits.js';
import { checkedBasePath, checkedRoot, type GitServerOptions } from './options.js';
import { createOriginRules } from './origin.js';
import { RawPipe } from './raw-pipe.js';
import { answerUpgrade, httpStatusOf, refusal, Refusals, type Refusal } from './refusal.js';
import { Session, type RunningSession } from './session.js';
import { spawnService, type ServiceProcess } from './spawn.js';
import { StderrText } from './stderr.js';
import { looksLikeEndpoint } from './target.js';
import {
  checkUpgrade,
  isOwnUpgrade,
  wantsRawPipe,
  type Admission,
  type UpgradeContext,
} from './upgrade.js';

/** A running server. */
export interface GitServer {
  /**
   * Takes the upgrades of `server` that are its own. Answers those that nobody takes with 404; other
   * listeners for `upgrade` stay in charge of theirs. Plain requests stay with the server's own
   * handler, which may offer them to {@link handleRequest}.
   */
  attach(server: HttpServer | HttpsServer): void;
  /** @returns false, and leaves the socket alone, where the path is not a repository's endpoint. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Answers plain requests for an endpoint with 426. @returns false where the path is none. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /**
   * Ends every session and refuses new ones with 4503. Pushes whose every byte has arrived have
   * `drainTime` ms (default: the limit of that name) to finish; calling again may shorten it.
   * Resolves when no process and no socket is left.
   */
  close(options?: { readonly drainTime?: number | undefined }): Promise<void>;
  /** How many sessions there are. */
  readonly sessions: number;
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
  readonly #root: string;
  readonly #options: GitServerOptions;
  readonly #webSockets: WebSocketServer;
  readonly #sessions = new Set<RunningSession>();
  readonly #processes = new Set<ServiceProcess>();
  readonly #refusals: Refusals;
  readonly #upgrades = new Set<Promise<void>>();
  readonly #detach: (() => void)[] = [];
  readonly #shutdown: Promise<Refusal>;
  #announceShutdown!: (refusal: Refusal) => void;
  #closed: Promise<void> | undefined;
  #endDrain!: () => void;

  constructor(options: GitServerOptions) {
    const { allowPush = false, allowArchive = false } = options;
    this.#options = options;
    this.#root = checkedRoot(options.root);
    this.#limits = completeLimits(options.limits);
    this.#webSockets = createWebSocketServer(this.#limits);
    this.#refusals = new Refusals(this.#webSockets, this.#limits);
    this.#shutdown = new Promise((resolve) => {
      this.#announceShutdown = resolve;
    });
    this.#context = {
      root: this.#root,
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
      accessTime: this.#limits.accessTime,
      capacity: () => this.#capacity(),
      onError: (error) => {
        this.#report(error);
      },
    };
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  attach(server: HttpServer | HttpsServer): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (this.handleUpgrade(request, socket, head)) return;
      if (server.listenerCount('upgrade') > 1) return;
      socket.on('error', () => socket.destroy());
      answerUpgrade(socket, 404, 'There is nothing here for WebSockets.');
    };
    server.on('upgrade', onUpgrade);
    this.#detach.push(() => server.off('upgrade', onUpgrade));
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (!isOwnUpgrade(request, this.#context.basePath)) return false;
    socket.on('error', () => socket.destroy());
    const upgrade = this.#upgrade(request, socket, head).catch((error: unknown) => {
      this.#report(error);
      socket.destroy();
    });
    this.#upgrades.add(upgrade);
    void upgrade.finally(() => this.#upgrades.delete(upgrade));
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
    this.#announceShutdown(refusal(closeCodes.unavailable, shuttingDown));
    await Promise.all(this.#upgrades);
    for (const session of this.#sessions) session.shutDown();
    void drained.then(() => {
      for (const session of this.#sessions) session.shutDown({ now: true });
    });
    await Promise.all([...this.#sessions].map((session) => session.over));
    // What hooks have left in the background.
    for (const child of this.#processes) child.end({ term: 0, kill: this.#limits.killDelayUpload });
    await Promise.all([...this.#processes].map((child) => child.gone));
    await this.#refusals.closed();
    for (const detach of this.#detach) detach();
  }

  #capacity(): Refusal | undefined {
    if (this.#closed !== undefined) return refusal(closeCodes.unavailable, shuttingDown);
    // The upgrade that asks is among those under way.
    if (this.#sessions.size + this.#upgrades.size <= this.#limits.maxSessions) return undefined;
    return refusal(closeCodes.unavailable, 'The server has too much to do. Try again later.');
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Counted as under way from here on, so not before the caller has counted it.
    await Promise.resolve();
    const verdict = await Promise.race([checkUpgrade(request, this.#context), this.#shutdown]);
    if (verdict.kind === 'http') {
      answerUpgrade(socket, verdict.status, verdict.sentence);
    } else if (verdict.kind === 'refusal') {
      this.#refuse(request, socket, head, verdict);
    } else if (!socket.destroyed) {
      await this.#admit(request, socket, head, verdict);
    }
  }

  #refuse(request: IncomingMessage, socket: Duplex, head: Buffer, refused: Refusal): void {
    if (!wantsRawPipe(request)) this.#refusals.refuse(request, socket, head, refused);
    else answerUpgrade(socket, httpStatusOf(refused.code), refused.sentence);
  }

  async #admit(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    admission: Admission,
  ): Promise<void> {
    const { service, gitProtocol, repository } = admission;
    let child: ServiceProcess;
    try {
      child = await spawnService({ service, gitProtocol, gitDir: repository.gitDir });
    } catch (error) {
      this.#report(error);
      const sentence = 'The server could not start git.';
      this.#refuse(request, socket, head, refusal(closeCodes.failed, sentence));
      return;
    }
    this.#processes.add(child);
    void child.gone.then(() => this.#processes.delete(child));
    let accepted = false;
    // Calls back before it returns, or never where the client has gone.
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      accepted = true;
      this.#start(webSocket, child, admission);
    });
    if (!accepted) child.end({ term: 0, kill: this.#limits.killDelayUpload });
  }

  #start(socket: WebSocket, child: ServiceProcess, admission: Admission): void {
    const { user, name, repository, service, window } = admission;
    const parts = {
      ...{ service, child, socket, repository, limits: this.#limits },
      stderr: new StderrText(repository, name, this.#root),
      onError: (error: unknown) => {
        this.#report(error);
      },
    };
    const session =
      window === undefined ? new RawPipe(parts) : new Session({ ...parts, peerWindow: window });
    this.#sessions.add(session);
    void session.over
      .then((figures) => {
        this.#sessions.delete(session);
        this.#options.onSession?.({ ...figures, user, repository: name, service });
      })
      .catch((error: unknown) => {
        this.#sessions.delete(session);
        this.#report(error);
      });
  }

  #report(error: unknown): void {
    const { onError } = this.#options;
    if (onError !== undefined) onError(error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  }
}

const shuttingDown = 'The server is shutting down.';

function createWebSocketServer(limits: Limits): WebSocketServer {
  // closeTimeout is newer than the types of ws.
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxBinaryBytes,
    closeTimeout: limits.closeTime,
    // Never another entry: ws would echo the first one, which may hold credentials.
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  };
  return new WebSocketServer(options);
}
