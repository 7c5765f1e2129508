import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientBetweenRuns, ServerBetweenRuns } from '../../src/tunnel/machine/between-runs.js';
import { formatMessage, parseMessage, type RunMessage } from '../../src/tunnel/machine/message.js';
import { maxUncountedPerSecond } from '../../src/tunnel/machine/rate.js';
import { Tunnel } from '../../src/tunnel/machine/tunnel.js';

const breach = expect.objectContaining({ code: 'PROTOCOL_ERROR' }) as Error;
const run: RunMessage = {
  type: 'run',
  service: 'git-upload-pack',
  gitProtocol: undefined,
  window: 65_536,
  authorization: 'Basic w6k6w7w=',
};
const open =
  '{"type":"open","session":"s","token":"t","window":65536,"received":0,"resumeFor":0,"keepFor":9}';
const refused = '{"type":"refused","code":4401,"reason":"Credentials are needed."}';
const text = (type: string, fields: object = {}): string => JSON.stringify({ type, ...fields });

/** What either side might be sent, by a name. */
const frames: Readonly<Record<string, string | Uint8Array>> = {
  data: new Uint8Array(1),
  garbage: '{',
  end: text('end'),
  exit: text('exit', { code: 0 }),
  stderr: text('stderr', { text: '' }),
  ack: text('ack', { consumed: 1 }),
  ping: text('ping', { id: 7 }),
  pong: text('pong', { id: 7 }),
  run: formatMessage(run),
  open,
  refused,
  unknown: text('of-tomorrow', { any: 'thing' }),
};
const names = Object.keys(frames);

/** `-`: nothing comes of it; `!`: a breach. */
function outcome(call: () => object): string {
  try {
    const came = call() as { type?: string; answer?: string; run?: object };
    return came.type ?? (came.run ? 'run' : came.answer ? 'pong' : '-');
  } catch (error) {
    expect(error).toEqual(breach);
    return '!';
  }
}

describe('a server between two runs', () => {
  it.each([
    ['waits', false, { ping: 'pong', run: 'run', unknown: '-' }],
    ['decides', true, { ping: 'pong', unknown: '-' }],
  ])('that %s takes nothing but this', (_, deciding, takes: Record<string, string>) => {
    for (const name of names) {
      const machine = new ServerBetweenRuns(deciding);
      const came = outcome(() => machine.receive(frames[name] ?? '', 0));
      expect(`${name}: ${came}`).toBe(`${name}: ${takes[name] ?? '!'}`);
    }
  });

  it('answers a ping with the same id, also while it decides', () => {
    const machine = new ServerBetweenRuns(true);
    expect(machine.receive(text('ping', { id: 3 }), 0).answer).toBe('{"type":"pong","id":3}');
  });

  it('takes another run once it has refused one, and refuses none that was not asked for', () => {
    const machine = new ServerBetweenRuns();
    expect(() => machine.refuse(4404, '')).toThrow(TypeError);
    expect(machine.receive(frames['run'] ?? '', 0).run).toEqual(run);
    expect(machine.deciding).toBe(true);
    expect(machine.refuse(4401, 'No.')).toBe('{"type":"refused","code":4401,"reason":"No."}');
    expect(machine.receive(frames['run'] ?? '', 0).run).toEqual(run);
  });

  it('bounds what comes in a second', () => {
    const machine = new ServerBetweenRuns();
    for (let count = 0; count < maxUncountedPerSecond; count += 1) {
      machine.receive(text('ping', { id: count }), 0);
    }
    expect(() => machine.receive(text('of-tomorrow'), 0)).toThrow(breach);
  });
});

describe('a client between two runs', () => {
  it.each([
    ['asks for nothing', undefined, { pong: 'alive', ack: 'alive', unknown: 'alive' }],
    [
      'asks',
      false,
      { pong: 'alive', ack: 'alive', unknown: 'alive', open: 'open', refused: 'refused' },
    ],
    [
      'asks, and has given up the run before',
      true,
      Object.fromEntries(
        names
          .filter((name) => name !== 'garbage')
          .map((name) => [name, ['open', 'refused'].includes(name) ? name : 'alive']),
      ),
    ],
  ])('that %s takes nothing but this', (_, gaveUp, takes: Record<string, string>) => {
    for (const name of names) {
      const machine = new ClientBetweenRuns();
      if (gaveUp !== undefined) machine.ask(run, gaveUp);
      const came = outcome(() => machine.receive(frames[name] ?? '', 0));
      expect(`${name}: ${came}`).toBe(`${name}: ${takes[name] ?? '!'}`);
    }
  });

  it('asks for a sign of life with each run, and for one run at a time', () => {
    const machine = new ClientBetweenRuns();
    const frames = ['{"type":"ping","id":0}', formatMessage(run)];
    expect(machine.ask(run)).toEqual({ frames, hasInput: false });
    expect(() => machine.ask(run)).toThrow(TypeError);
    machine.receive(refused, 0);
    expect(() => machine.ask(run)).not.toThrow();
  });
});

describe('a run', () => {
  it('brings its input along, where both fit into a message', () => {
    const given = { ...run, input: '0000größe\n' };
    const { frames, hasInput } = new ClientBetweenRuns().ask(given);
    expect(hasInput).toBe(true);
    expect(parseMessage(frames[1] ?? '')).toEqual(given);
    const long = new ClientBetweenRuns().ask({ ...run, input: 'x'.repeat(8 * 1024) });
    expect(long.hasInput).toBe(false);
    expect(parseMessage(long.frames[1] ?? '')).toEqual(run);
  });

  it('may bring it where the server has said so of a connection that it keeps', () => {
    const greeting = (keepFor: number, takesInput: boolean) => {
      const server = new Tunnel({
        ...{ role: 'server', window: 65_536, maxReplay: 65_536, peerWindow: 65_536 },
        ...{ now: 0, session: 's', token: 't', resumeFor: 0, keepFor, takesInput },
      });
      return parseMessage(String(server.takeOutgoing(0)[0]));
    };
    expect(greeting(9, true)).toMatchObject({ type: 'open', keepFor: 9, input: true });
    expect(greeting(9, false)).not.toHaveProperty('input');
    expect(greeting(0, true)).not.toHaveProperty('input');
    expect(() => parseMessage(open.replace('}', ',"input":1}'))).toThrow(breach);
  });

  it('carries its credentials as a handshake does, and comes back as it was', () => {
    expect(formatMessage(run)).not.toContain('Basic');
    expect(parseMessage(formatMessage(run))).toEqual(run);
    const anonymous = { ...run, authorization: undefined, gitProtocol: 'version=2' };
    expect(parseMessage(formatMessage(anonymous))).toEqual(anonymous);
  });

  it.each([
    ['no service', { window: 65_536 }],
    ['a service that is none', { window: 65_536, service: 1 }],
    ['no window', { service: 'git-upload-pack' }],
    ['a window that is too small', { service: 'git-upload-pack', window: 65_535 }],
    ['a window that is too large', { service: 'git-upload-pack', window: 16_777_217 }],
    ['credentials that are none', { service: 'x', window: 65_536, authorization: '*' }],
    ['credentials with a line end', { service: 'x', window: 65_536, authorization: 'YQpi' }],
    ['a protocol that is none', { service: 'x', window: 65_536, gitProtocol: 2 }],
    ['input that is none', { service: 'x', window: 65_536, input: 1 }],
  ])('with %s breaks the protocol', (_, fields) => {
    expect(() => parseMessage(text('run', fields))).toThrow(breach);
  });

  it.each([4399, 4600, 1000])('is not refused with %i', (code) => {
    expect(() => parseMessage(text('refused', { code, reason: '' }))).toThrow(breach);
  });

  it('in the middle of a session is for a server that has offered it alone', () => {
    const server = (keepFor: number) =>
      new Tunnel({
        ...{ role: 'server', window: 65_536, maxReplay: 65_536, peerWindow: 65_536 },
        ...{ now: 0, session: 's', token: 't', resumeFor: 0, keepFor },
      });
    expect(() => server(0).receive(frames['run'] ?? '', 0)).toThrow(breach);
    const kept = server(1);
    expect(kept.receive(frames['run'] ?? '', 0)).toEqual([run]);
    kept.write(new Uint8Array(9));
    expect(kept.takeOutgoing(0)).toEqual([]);
  });

  it('is not what a client, or a server that was not asked, says', () => {
    const client = new Tunnel({ role: 'client', window: 65_536, maxReplay: 65_536, now: 0 });
    client.receive(open, 0);
    expect(() => client.receive(frames['run'] ?? '', 0)).toThrow(breach);
    expect(() => client.receive(refused, 0)).toThrow(breach);
  });
});

type Step =
  | 'write'
  | 'take'
  | 'ask'
  | 'give up'
  | 'server hears'
  | 'client hears'
  | 'refuse'
  | 'begin'
  | 'exit';
const steps: fc.Arbitrary<Step> = fc.constantFrom(
  ...([
    'ask',
    'give up',
    'server hears',
    'client hears',
    'refuse',
    'begin',
    'exit',
    'write',
    'take',
  ] as const),
);

it('never takes an honest peer’s word for a breach, nor one run’s for another’s', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 200 }), (course) => {
      const pair = new TwoEnds();
      for (const step of course) pair.take(step);
      pair.finish();
      expect(pair.begun).toEqual(pair.heard);
    }),
  );
});

/** Both ends of a connection that carries run after run: the machines, and what is on its way. */
class TwoEnds {
  /** Sessions that the server has begun, and those that the client has heard of. */
  readonly begun: number[] = [];
  readonly heard: number[] = [];
  readonly #toServer: string[] = [];
  readonly #toClient: string[] = [];
  #client: ClientBetweenRuns | Tunnel = new ClientBetweenRuns();
  #server: ServerBetweenRuns | Tunnel = new ServerBetweenRuns();
  #asking = false;
  #exitSaid = false;
  #count = 0;
  #untaken = 0;

  take(step: Step): void {
    if (step === 'ask' && this.#client instanceof ClientBetweenRuns) this.#ask(this.#client, false);
    if (step === 'give up' && this.#client instanceof Tunnel) {
      this.#client = new ClientBetweenRuns();
      this.#ask(this.#client, true);
    }
    // git takes its input, and says so, also when it has ended.
    if (step === 'write' && this.#client instanceof Tunnel && !this.#client.peerEnded) {
      this.#client.write(new Uint8Array(5));
      this.#toServer.push(...(this.#client.takeOutgoing(this.#now()) as string[]));
    }
    if (step === 'take' && this.#server instanceof Tunnel && this.#untaken > 0) {
      this.#untaken -= 1;
      this.#server.consume(0);
      this.#flush(1_000);
    }
    if (step === 'server hears') this.#serverHears();
    if (step === 'client hears') this.#clientHears();
    if (step === 'refuse' && this.#server instanceof ServerBetweenRuns && this.#server.deciding) {
      this.#toClient.push(this.#server.refuse(4401, ''));
    }
    if (step === 'begin' && this.#server instanceof ServerBetweenRuns && this.#server.deciding) {
      this.#begin();
    }
    if (step === 'exit' && this.#server instanceof Tunnel && !this.#exitSaid) {
      this.#exitSaid = true;
      this.#server.write(new Uint8Array(5));
      this.#server.exit({ code: 0, signal: null });
      this.#flush();
    }
  }

  finish(): void {
    while (this.#toServer.length + this.#toClient.length > 0) {
      this.#serverHears();
      this.#clientHears();
      this.take('begin');
    }
  }

  #ask(client: ClientBetweenRuns, gaveUp: boolean): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#toServer.push(...client.ask(run, gaveUp).frames);
  }

  #begin(): void {
    this.#count += 1;
    this.begun.push(this.#count);
    this.#exitSaid = false;
    this.#untaken = 0;
    this.#server = new Tunnel({
      ...{ role: 'server', window: 65_536, maxReplay: 65_536, peerWindow: 65_536 },
      ...{ now: 0, session: `${this.#count}`, token: 't', resumeFor: 0, keepFor: 9 },
    });
    this.#flush();
  }

  #serverHears(): void {
    const frame = this.#toServer.shift();
    if (frame === undefined) return;
    if (this.#server instanceof ServerBetweenRuns) {
      const { answer } = this.#server.receive(frame, this.#now());
      if (answer !== undefined) this.#toClient.push(answer);
      return;
    }
    const [event] = this.#server.receive(frame, this.#now());
    if (event?.type === 'run') this.#server = new ServerBetweenRuns(true);
    else if (event?.type === 'data') this.#untaken += 1;
    else if (this.#server.settled) this.#server = new ServerBetweenRuns();
    else this.#flush();
  }

  #clientHears(): void {
    const frame = this.#toClient.shift();
    if (frame === undefined) return;
    if (this.#client instanceof ClientBetweenRuns) {
      const { type } = this.#client.receive(frame, this.#now());
      if (type === 'refused') this.#asking = false;
      if (type !== 'open') return;
      this.#asking = false;
      this.#client = new Tunnel({ role: 'client', window: 65_536, maxReplay: 65_536, now: 0 });
    }
    for (const event of this.#client.receive(frame, this.#now())) {
      if (event.type === 'open') this.heard.push(Number(event.session));
      else if (event.type !== 'credit') this.#client.consume(this.#now());
    }
    this.#toServer.push(...(this.#client.takeOutgoing(this.#now()) as string[]));
    if (this.#client.settled) this.#client = new ClientBetweenRuns();
  }

  #flush(now = 0): void {
    if (!(this.#server instanceof Tunnel)) return;
    this.#toClient.push(...(this.#server.takeOutgoing(now) as string[]));
  }

  /** Later each time: rates are not what this is about. */
  #now(): number {
    return (this.#clock += 20);
  }

  #clock = 0;
}
