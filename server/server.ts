/**
 * The server: joins the checks, the processes and the sockets, keeps count of all three, and ends
 * them. Lives on somebody's HTTP server, or on the one of `gitws serve`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import { closeCodes } from '../src/tunnel/machine/close.js';
import { checkedDuration, startTimer } from '../src/base/duration.js';
import { Admittance, closing } from './admittance.js';
import { takeUpgrades, type UpgradeServer } from './attach.js';
import { Backends } from './backend/backends.js';
import {
  createClientAddress,
  createProxyCheck,
  type ClientAddress,
} from './admission/client-address.js';
import { Connections } from './admission/connections.js';
import { createContext } from './context.js';
import { Deciding } from './deciding.js';
import type { GitServer } from './git-server.js';
import { inTime } from './base/in-time.js';
import { completeLimits, type Limits } from './limits/limits.js';
import type { Link } from './session/link.js';
import { Links } from './session/links.js';
import { Maintenance } from './git/maintenance.js';
import { Occupancy } from './admission/occupancy.js';
import { checkedNode, checkedRoot, type GitServerOptions } from './options.js';
import { wantUpgrade } from './admission/http-answer.js';
import { Places } from './admission/places.js';
import { Processes } from './processes.js';
import { reportOf } from './admission/refusal-report.js';
import {
  answerUpgrade,
  httpStatusOf,
  Refusals,
  type HttpAnswer,
  type Refusal,
} from './admission/refusal.js';
import type { RunMessage } from '../src/tunnel/machine/message.js';
import { Sessions } from './session/sessions.js';
import { looksLikeEndpoint } from './admission/target.js';
import { SmartHttp } from './smart-http.js';
import { tell } from './base/tell.js';
import {
  checkRun,
  checkUpgrade,
  isOwnUpgrade,
  wantsRawPipe,
  type Arrival,
  type UpgradeContext,
} from './admission/upgrade.js';
import { createWebSocketServer } from './admission/web-sockets.js';

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
  readonly #links: Links;
  readonly #admittance: Admittance;
  readonly #connections: Connections[] = [];
  readonly #processes: Processes;
  readonly #refusals: Refusals;
  readonly #clientAddress: ClientAddress;
  readonly #occupancy: Occupancy;
  readonly #places: Places;
  readonly #backends: Backends;
  readonly #maintenance: Maintenance;
  readonly #deciding: Deciding;
  readonly #smartHttp: SmartHttp | undefined;
  readonly #detach: (() => void)[] = [];
  #closed: Promise<void> | undefined;
  #endDrain!: () => void;
  /** Time that what has to end may take, in ms, where that was said. */
  #killTime = Infinity;

  constructor(options: GitServerOptions) {
    this.#options = options;
    const root = checkedRoot(options);
    this.#limits = completeLimits(options.limits);
    this.#webSockets = createWebSocketServer(this.#limits);
    this.#refusals = new Refusals(this.#webSockets, this.#limits);
    this.#clientAddress = createClientAddress(options.trustedProxies ?? []);
    this.#occupancy = new Occupancy(this.#limits);
    const { maxChildren, maxQueue, queueTime } = this.#limits;
    this.#places = new Places({ places: maxChildren, queue: maxQueue, time: queueTime });
    const onError = this.#report;
    this.#deciding = new Deciding(onError);
    this.#processes = new Processes({
      ...{ limits: this.#limits, onError },
      open: (admission, signal) => this.#backends.open(admission, signal),
    });
    this.#maintenance = new Maintenance({
      onError,
      allowed: (gitDir) => this.#backends.allowsMaintenance(gitDir),
    });
    this.#sessions = new Sessions({
      ...{ limits: this.#limits, node: checkedNode(options.node), onError },
      onSession: (report) => {
        tell(options.onSession, report, onError);
      },
      onPush: (gitDir) => {
        if (options.maintenance !== false) this.#maintenance.request(gitDir);
      },
    });
    this.#links = new Links({
      limits: this.#limits,
      onRun: (link, run, before) => {
        this.#deciding.add(this.#next(link, run, before), () => {
          link.close(closeCodes.failed, 'The server failed.');
        });
      },
      onResting: ({ request }, rests) => {
        for (const connections of this.#connections) connections.resting(request, rests);
      },
    });
    this.#admittance = new Admittance({
      ...{ places: this.#places, processes: this.#processes, sessions: this.#sessions },
      ...{ links: this.#links, webSockets: this.#webSockets },
      enter: (place) => this.#backends.enter(place),
      isClosing: () => this.#closed !== undefined,
      unlessClosing: (work) => this.#deciding.unlessAnswered(work),
    });
    this.#context = createContext(options, {
      ...{ root, limits: this.#limits, onError },
      knowsToken: (token) => this.#sessions.knowsToken(token),
    });
    this.#backends = new Backends({
      ...{ options, root, limits: this.#limits, onError, upstreams: this.#context.upstreams },
      onProcess: this.#processes.add,
    });
    this.#smartHttp = options.smartHttp
      ? new SmartHttp({
          ...{ context: this.#context, admittance: this.#admittance, deciding: this.#deciding },
          backends: this.#backends,
          arrive: (request) => this.#arrive(request),
          onRefusal: (arrival, refused, target) => {
            this.#tellRefusal(arrival, refused, target);
          },
        })
      : undefined;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get detached(): number {
    return this.#occupancy.detached;
  }

  attach(
    server: UpgradeServer,
    { limitConnections = false }: { limitConnections?: boolean | undefined } = {},
  ): void {
    const connections = limitConnections ? this.#limitConnections(server) : undefined;
    const detach = takeUpgrades(server, (request, socket, head) => {
      connections?.upgraded(request);
      return this.handleUpgrade(request, socket, head);
    });
    this.#detach.push(detach);
  }

  #limitConnections(server: UpgradeServer): Connections {
    const connections = new Connections(server, {
      limits: this.#limits,
      isTrustedProxy: createProxyCheck(this.#options.trustedProxies ?? []),
      onError: this.#report,
    });
    this.#connections.push(connections);
    this.#detach.push(() => {
      connections.release();
    });
    return connections;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (!isOwnUpgrade(request, this.#context.basePath)) return false;
    socket.on('error', () => socket.destroy());
    const arrival = this.#arrive(request);
    this.#deciding.add(this.#upgrade(arrival, socket, head), () => {
      arrival.visit.leave();
      socket.destroy();
    });
    return true;
  }

  #arrive(request: IncomingMessage): Arrival {
    const address = this.#clientAddress(request);
    return { request, address, visit: this.#occupancy.arrive(address) };
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#smartHttp?.take(request, response) === true) return true;
    if (!looksLikeEndpoint(request.url ?? '', this.#context.basePath)) return false;
    wantUpgrade(response);
    return true;
  }

  readonly ready = (): Promise<void> => this.#backends.ready();

  close({
    drainTime = this.#limits.drainTime,
    killTime,
  }: { drainTime?: number | undefined; killTime?: number | undefined } = {}): Promise<void> {
    for (const [name, ms] of Object.entries({ drainTime, killTime })) checkedDuration(name, ms, 0);
    const drained = new Promise<void>((resolve) => {
      this.#endDrain ??= resolve;
    });
    this.#closed ??= this.#close(drained);
    const timers = [startTimer(this.#endDrain, drainTime)];
    if (killTime !== undefined) {
      this.#killTime = Math.min(this.#killTime, killTime);
      const kill = (): void => {
        this.#processes.kill();
      };
      timers.push(startTimer(kill, drainTime + killTime));
    }
    void this.#closed.finally(() => {
      for (const timer of timers) clearTimeout(timer);
    });
    return this.#closed;
  }

  /** Never rejects, and takes no longer than what it waits for may take. */
  async #close(drained: Promise<void>): Promise<void> {
    const decided = this.#deciding.answer(closing);
    this.#places.close();
    this.#backends.shut();
    await decided;
    this.#links.shutDown();
    this.#sessions.shutDown();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const overdue = drained.then(async () => {
      this.#sessions.shutDown({ now: true });
      const { killDelayReceive, killDelayUpload, closeTime } = this.#limits;
      const most = Math.max(killDelayReceive, killDelayUpload, closeTime);
      const time = Math.min(most, this.#killTime) + slack;
      await new Promise((resolve) => (timer = setTimeout(resolve, time)));
      this.#report(new Error(`the server was closed, and ${this.sessions} sessions did not end`));
    });
    await Promise.race([this.#end(), overdue]).catch(this.#report);
    clearTimeout(timer);
    for (const detach of this.#detach) detach();
  }

  /** Resolves when nothing is left. */
  async #end(): Promise<void> {
    await this.#sessions.over();
    await this.#links.over();
    await this.#processes.close();
    await this.#maintenance.close();
    await this.#refusals.close();
    await this.#backends.close();
  }

  async #upgrade(arrival: Arrival, socket: Duplex, head: Buffer): Promise<void> {
    // Counted as under way from here on, so not before the caller has counted it.
    await Promise.resolve();
    const verdict =
      this.#closed === undefined
        ? await this.#deciding.unlessAnswered(checkUpgrade(arrival, this.#context))
        : closing;
    const asker = this.#admittance.upgradeAsker({ arrival, socket, head }, verdict, (refused) => {
      this.#refuse(arrival, socket, head, refused);
    });
    let began = false;
    if (verdict.kind !== 'admission') asker.refuse(verdict);
    else if (verdict.resume) began = this.#admittance.resume(asker, verdict);
    else if (!socket.destroyed) began = await this.#admittance.admit(asker, verdict);
    if (!began) arrival.visit.leave();
  }

  /** Another run over a link. */
  async #next(link: Link, run: RunMessage, before: Promise<unknown>): Promise<void> {
    // The place of the run before is free in a moment; where it is not, it counts.
    await inTime(before, endTime, () => undefined).catch(() => undefined);
    const { request, address } = link.origin;
    const arrival = { request, address, visit: this.#occupancy.arrive(address) };
    const asker = this.#admittance.linkAsker({ arrival, link, run }, (refused) => {
      this.#tellRefusal(arrival, refused, { service: run.service });
    });
    let began = false;
    try {
      const verdict =
        this.#closed === undefined
          ? await this.#deciding.unlessAnswered(checkRun(run, arrival, this.#context))
          : closing;
      if (verdict.kind !== 'admission') asker.refuse(verdict);
      else if (!link.gone) began = await this.#admittance.admit(asker, verdict);
    } finally {
      if (!began) arrival.visit.leave();
    }
  }

  #refuse(arrival: Arrival, socket: Duplex, head: Buffer, refused: Refusal | HttpAnswer): void {
    const { request } = arrival;
    if (refused.kind === 'http') answerUpgrade(socket, refused.status, refused);
    else if (!wantsRawPipe(request)) this.#refusals.refuse(arrival, socket, head, refused);
    else answerUpgrade(socket, httpStatusOf(refused.code), refused);
    this.#tellRefusal(arrival, refused);
  }

  #tellRefusal(
    arrival: Arrival,
    refused: Refusal | HttpAnswer,
    { service, endpoint }: { readonly service?: string; readonly endpoint?: string } = {},
  ): void {
    const { basePath } = this.#context;
    const { maxTargetLength } = this.#limits;
    const report = reportOf({ ...arrival, service, endpoint, basePath, maxTargetLength }, refused);
    tell(this.#options.onRefusal, report, this.#report);
  }

  readonly #report = (error: unknown): void => {
    tell(this.#options.onError ?? warn, error, warn);
  };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

/** Time for what was killed to be gone, and for what is tidied up after it, in ms. */
const slack = 5_000;

/** Time that the run before has to end in, in ms, before the next one is looked at. */
const endTime = 1_000;
