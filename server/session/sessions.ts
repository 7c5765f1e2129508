/**
 * The sessions of one server: begins them, gives clients theirs back, and tells when each is over.
 * Who may have one, and what runs for it, is decided before.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { setDeadlines } from './deadlines.js';
import type { Limits } from '../limits/limits.js';
import type { Link } from './link.js';
import type { Visit } from '../admission/occupancy.js';
import type { SessionReport } from '../options.js';
import { HttpExchange } from './http-exchange.js';
import { RawPipe } from './raw-pipe.js';
import type { SessionOptions } from './session-options.js';
import type { RunningSession } from './running-session.js';
import {
  createSessionToken,
  SessionStore,
  type SessionBinding,
  type StoredSession,
} from './session-store.js';
import { Session } from './session.js';
import type { Service } from '../backend/service.js';
import { services } from '../services.js';
import { Unasked } from './unasked.js';
import type { Admission } from '../admission/upgrade.js';

/** What {@link Sessions} works with. */
export interface SessionsOptions {
  readonly limits: Limits;
  /** See `GitServerOptions.node`; an empty one for none. */
  readonly node: string;
  /** A session is over. */
  onSession(report: SessionReport): void;
  /** A push may have changed a repository. */
  onPush(gitDir: string): void;
  /** Told of what should not happen. */
  onError(error: unknown): void;
}

/** What carries a session. */
export type Carrier =
  | { readonly socket: WebSocket }
  | { readonly request: IncomingMessage; readonly response: ServerResponse }
  | {
      readonly link: Link;
      /** The client's receive window, in bytes. */
      readonly peerWindow: number;
      /** What the service is given first. */
      readonly input?: string | undefined;
    };

/** The sessions of one server. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #running = new Set<RunningSession>();
  readonly #store = new SessionStore();
  readonly #unasked: Unasked;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#unasked = new Unasked(options.limits.maxUnaskedPerAddress);
  }

  /** How many there are. */
  get size(): number {
    return this.#running.size;
  }

  /** Whether a session has this token, whosever it is. */
  knowsToken(token: string): boolean {
    return this.#store.has(token);
  }

  /**
   * Begins a session.
   *
   * @param carrier a socket that has just been accepted, for a raw pipe; else a link that has none.
   * @param visit its place; left when the session is over.
   */
  begin(carrier: Carrier, running: Service, admission: Admission, visit: Visit): void {
    const { user, name, place, service, address } = admission;
    const { limits } = this.#options;
    const onError = (error: unknown): void => {
      this.#options.onError(error);
    };
    const parts = { service, running, limits, onError };
    // Of a host elsewhere it is not known what its git takes.
    const takesInput = place.kind === 'local';
    const session =
      'link' in carrier
        ? this.#beginResumable({ ...parts, ...carrier, takesInput }, admission, visit)
        : leaveAfter(
            'socket' in carrier
              ? new RawPipe({ ...parts, ...carrier })
              : new HttpExchange({ ...parts, ...carrier }),
            visit,
          );
    this.#running.add(session);
    setDeadlines(session, parts, limits);
    const gitDir = place.kind === 'local' ? place.repository.gitDir : undefined;
    if (services[service].finishes && gitDir !== undefined) {
      this.#tellOfPush(running, session, gitDir).catch(onError);
    }
    void session.over
      .finally(() => this.#running.delete(session))
      .then((figures) => {
        const { cache } = running;
        this.#options.onSession({
          ...{ ...figures, user, remoteAddress: address, repository: name, service },
          ...(cache === undefined ? {} : { cache }),
        });
        if (running.text.stderr.refusedOwner && gitDir !== undefined) onError(notOwned(gitDir));
      })
      .catch(onError);
  }

  /**
   * Finds the session that a client wants to go on with, and may.
   *
   * @returns what goes on with it over a link; undefined where there is none.
   */
  resumption(admission: Admission, visit: Visit): ((link: Link) => void) | undefined {
    const { resume } = admission;
    if (resume === undefined) return undefined;
    const entry = this.#store.find(resume.token, bindingOf(admission));
    // Nobody waits for the answer any more: the client goes on over another connection.
    if (entry === undefined || entry.session.isPast(resume.received)) return undefined;
    return (link) => {
      const before = entry.visit;
      entry.visit = visit;
      entry.session.resume(link, resume.received);
      before.leave();
    };
  }

  /** The server closes: see {@link RunningSession.shutDown}. */
  shutDown(options?: { readonly now: boolean }): void {
    for (const session of this.#running) session.shutDown(options);
  }

  /** Resolves when none of those there are now is left; how each ended is told elsewhere. */
  async over(): Promise<void> {
    await Promise.allSettled([...this.#running].map((session) => session.over));
  }

  #beginResumable(
    parts: Omit<SessionOptions, 'token' | 'onDetach' | 'onAttach'>,
    admission: Admission,
    visit: Visit,
  ): RunningSession {
    const { address } = admission;
    const token = createSessionToken(this.#options.node);
    const session: Session = new Session({
      ...{ ...parts, token },
      onDetach: (bytes, asked) => {
        if (!asked && !this.#unasked.keepsAny) return false;
        if (!entry.visit.detach(bytes, asked)) return false;
        if (!asked) this.#unasked.add(address, session);
        return true;
      },
      onAttach: () => {
        this.#unasked.delete(address, session);
        entry.visit.attach();
      },
    });
    const binding = bindingOf(admission);
    const entry: StoredSession = { session, binding, visit };
    this.#store.add(token, entry);
    const leave = (): void => {
      entry.visit.leave();
    };
    session.over.then(leave, leave);
    return session;
  }

  async #tellOfPush(running: Service, session: RunningSession, gitDir: string) {
    const { code } = await running.exited;
    const { bytesIn } = await session.over;
    // Cut off, or a flush alone: nothing has changed.
    if (code === 0 && bytesIn > '0000'.length) this.#options.onPush(gitDir);
  }
}

function bindingOf({ place, service, user }: Admission): SessionBinding {
  return { place: place.id, service, user: user?.name };
}

/** For the operator: the client is told no more than that. */
function notOwned(gitDir: string): Error {
  const remedy = 'Give it to that user, or name it in safeDirectories (--safe-directory).';
  return new Error(
    `git refuses ${gitDir}: it belongs to another user than the server's. ${remedy}`,
  );
}

function leaveAfter(session: RunningSession, visit: Visit): RunningSession {
  const leave = (): void => {
    visit.leave();
  };
  session.over.then(leave, leave);
  return session;
}
