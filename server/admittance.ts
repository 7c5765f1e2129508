/**
 * From what passed every check to a session: a place and a process for a new one, or the one that its
 * client comes back for. Whoever asks may do so by an upgrade, or over a link that is there.
 */
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import type { RunMessage } from '../src/tunnel/machine/message.js';
import type { Link } from './session/link.js';
import { closeCodes } from '../src/tunnel/machine/close.js';
import type { Links } from './session/links.js';
import type { GiveBack, Places } from './admission/places.js';
import type { Place } from './backend/place.js';
import type { Processes } from './processes.js';
import { refusal, type HttpAnswer, type Refusal } from './admission/refusal.js';
import type { Carrier, Sessions } from './session/sessions.js';
import type { Admission, Arrival } from './admission/upgrade.js';

/** Who asks for a run, by an upgrade or over a link that is there. */
export interface Asker {
  readonly arrival: Arrival;
  /** Whether nobody waits for an answer any more. */
  readonly gone: boolean;
  refuse(refused: Refusal | HttpAnswer): void;
  /** Calls back before it returns, or never where the client has gone. */
  accept(begin: (carrier: Carrier) => void): void;
}

/** What {@link Admittance} works with. */
export interface AdmittanceOptions {
  readonly places: Places;
  /** The way to where it is, before a place is taken: see `Backends.enter`. */
  readonly enter: (place: Place) => Promise<GiveBack | Refusal>;
  readonly processes: Processes;
  readonly sessions: Sessions;
  readonly links: Links;
  readonly webSockets: WebSocketServer;
  readonly isClosing: () => boolean;
  /** What is waited for, unless the server closes before. */
  readonly unlessClosing: <Result>(work: Promise<Result>) => Promise<Result | Refusal>;
}

/** That of one server. */
export class Admittance {
  readonly #options: AdmittanceOptions;

  constructor(options: AdmittanceOptions) {
    this.#options = options;
  }

  /** @param refuse answers an upgrade that is not to be. */
  upgradeAsker(
    { arrival, socket, head }: { arrival: Arrival; socket: Duplex; head: Buffer },
    verdict: Admission | Refusal | HttpAnswer,
    refuse: (refused: Refusal | HttpAnswer) => void,
  ): Asker {
    const { webSockets, links } = this.#options;
    const admitted = verdict.kind === 'admission' ? verdict : undefined;
    const window = admitted?.window;
    return {
      arrival,
      get gone() {
        return socket.destroyed;
      },
      refuse,
      accept: (begin) => {
        webSockets.handleUpgrade(arrival.request, socket, head, (webSocket) => {
          if (window === undefined) begin({ socket: webSocket });
          else
            begin({
              link: links.open(webSocket, arrival, admitted?.next === true),
              peerWindow: window,
            });
        });
      },
    };
  }

  /** @param onRefusal told of what the client is told. */
  linkAsker(
    { arrival, link, run }: { arrival: Arrival; link: Link; run: RunMessage },
    onRefusal: (refused: Refusal) => void,
  ): Asker {
    const { isClosing } = this.#options;
    return {
      arrival,
      get gone() {
        return link.gone;
      },
      refuse: (refused) => {
        // HTTP is for what is no WebSocket yet.
        if (refused.kind === 'http') return;
        onRefusal(refused);
        if (isClosing()) link.close(refused.code, refused.sentence);
        else link.refuse(refused);
      },
      accept: (begin) => {
        if (!link.gone) begin({ link, peerWindow: run.window, input: run.input });
      },
    };
  }

  /** @returns whether a session goes on with this socket. */
  resume(asker: Asker, admission: Admission): boolean {
    const resume = this.#options.sessions.resumption(admission, asker.arrival.visit);
    if (resume === undefined) {
      asker.refuse({ ...gone, user: admission.user ?? undefined });
      return false;
    }
    let accepted = false;
    asker.accept((carrier) => {
      // Only clients of gitws.v1 resume.
      if (!('link' in carrier)) return;
      accepted = true;
      resume(carrier.link);
    });
    return accepted;
  }

  /** @returns whether a session began. */
  async admit(asker: Asker, admission: Admission): Promise<boolean> {
    const { isClosing, unlessClosing } = this.#options;
    const user = admission.user ?? undefined;
    const giveBack = await this.#place(admission.place);
    if (typeof giveBack !== 'function') {
      const verdict = !isClosing() ? giveBack : closing;
      asker.refuse({ ...verdict, user });
      return false;
    }
    if (asker.gone) {
      giveBack();
      return false;
    }
    const started = !isClosing()
      ? await this.#options.processes.start(admission, (work) => unlessClosing(work))
      : closing;
    if ('kind' in started) {
      giveBack();
      // What is missing may be what these hold: there is some for the next.
      const isHere = admission.place.kind === 'local';
      if (isHere && started.code === closeCodes.unavailable) this.#options.links.makeRoom();
      asker.refuse({ ...started, user });
      return false;
    }
    // Not when its group is gone: what a hook left in the background may stay for ever.
    void started.exited.then(giveBack);
    let began = false;
    try {
      asker.accept((carrier) => {
        this.#options.sessions.begin(carrier, started, admission, asker.arrival.visit);
        began = true;
      });
    } finally {
      if (!began) this.#options.processes.end(started);
    }
    return began;
  }

  async #place(place: Place): Promise<GiveBack | Refusal> {
    const { enter, places } = this.#options;
    const leave = await enter(place);
    if (typeof leave !== 'function') return leave;
    const giveBack = await places.take();
    if (giveBack === undefined) {
      leave();
      return busy;
    }
    return () => {
      giveBack();
      leave();
    };
  }
}

export const closing = refusal(closeCodes.unavailable, 'The server is shutting down.');
const gone = refusal(closeCodes.sessionGone, 'This session is gone.');
const busy = refusal(closeCodes.tooMany, 'The server has too much to do. Try again later.');
