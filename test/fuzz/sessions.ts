/**
 * Fuzzes live sessions: control messages, framing and what is meant for git itself. One fuzzer
 * breaks every rule; the other keeps those of gitws.v1, so that git gets all of the rubbish and the
 * session has to end as the protocol says.
 */
import type { Random } from '../helpers/random.js';
import { checkAnswer, type Answer } from './answers.js';
import { Finding, type Fuzzer } from './fuzzer.js';
import { encodeClientFrame, opcodes, type ClientFrame } from './frames.js';
import { makeGitRequest } from './git-requests.js';
import { cut, mutateBytes, mutateText, oddNumbers, oddTexts, oneIn } from './mutate.js';
import { RawSocket } from './raw-socket.js';
import { Victim } from './victim.js';

/** Time for a session to come to its end, in ms. */
const endTime = 30_000;

interface Service {
  readonly name: string;
  readonly version: number;
  readonly target: string;
}

function pickService(random: Random): Service {
  const receives = oneIn(random, 3);
  const name = receives ? 'git-receive-pack' : 'git-upload-pack';
  const version = random.pick([0, 0, 1, 2]);
  const query = version === 0 ? '' : `?git-protocol=version%3D${version}`;
  return { name, version, target: `/${receives ? 'scratch' : 'site'}.git/${name}${query}` };
}

/** An honest upgrade, answered. `entries`: of the subprotocol; none for a raw pipe. */
async function openSession(
  victim: Victim,
  { target }: Service,
  entries: string | undefined,
  random: Random,
): Promise<RawSocket> {
  const socket = await RawSocket.connect(victim.port);
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.from(random.bytes(16)).toString('base64')}`,
    ...(entries === undefined ? [] : [`Sec-WebSocket-Protocol: ${entries}`]),
  ];
  await socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const open = await socket.until(() => socket.received.includes('\r\n\r\n'), endTime);
  if (!open) throw new Finding(`no answer to an honest upgrade for ${target}`);
  return socket;
}

const entriesOf = (random: Random): string =>
  `gitws.v1, gitws.window.${random.pick([65_536, 4_194_304, 16_777_216])}`;

/** Everything is allowed. */
export const messages: Fuzzer = {
  name: 'messages',
  async open() {
    const victim = await Victim.start();
    return {
      concurrency: 6,
      async run(random) {
        const service = pickService(random);
        const entries = oneIn(random, 6) ? undefined : entriesOf(random);
        const socket = await openSession(victim, service, entries, random);
        const sent: Buffer[] = [];
        for (let count = 1 + random.below(12); count > 0 && !socket.ended; count -= 1) {
          const frame = encodeClientFrame(makeFrame(service, victim.head, random), random);
          const bytes = oneIn(random, 12) ? mutateBytes(frame, random) : frame;
          sent.push(bytes);
          for (const piece of cut(bytes, random, 3)) await socket.write(piece);
        }
        await leave(socket, random);
        const input = Buffer.concat([Buffer.from(`${service.target}\n`), ...sent]);
        if (!(await socket.untilEnd(endTime))) {
          socket.destroy();
          throw new Finding('the server holds a connection that the client has ended', input);
        }
        check(socket, victim, input);
      },
      check: () => victim.check(),
      close: () => victim.close(),
    };
  },
};

/** gitws.v1 is kept, git's own protocol is not. */
export const gitStreams: Fuzzer = {
  name: 'git',
  async open() {
    const victim = await Victim.start();
    return {
      concurrency: 4,
      async run(random) {
        const service = pickService(random);
        const socket = await openSession(victim, service, entriesOf(random), random);
        const input = makeGitRequest(service.name, service.version, victim.head, random);
        const send = (opcode: number, payload: Uint8Array): Promise<void> =>
          socket.write(encodeClientFrame({ opcode, payload }, random));
        const say = (message: object): Promise<void> =>
          send(opcodes.text, Buffer.from(JSON.stringify(message)));
        await say({ type: 'ack', consumed: 0 });
        for (const piece of cut(input, random, 4)) {
          // Two bytes of window for each: the window is never reached.
          if (piece.length > 0) await send(opcodes.binary, piece);
        }
        await say({ type: 'end' });
        const answer = (): Answer => check(socket, victim, input);
        const exited = await socket.until(
          () => socket.received.includes('{"type":"exit"') || answer().closeCode !== undefined,
          endTime,
        );
        const { frames, closeCode } = answer();
        if (!exited || closeCode !== undefined) {
          socket.destroy();
          throw new Finding(`no exit but ${closeCode ?? 'silence'}: ${service.target}`, input);
        }
        await say({ type: 'ack', consumed: countedIn(frames) });
        if (!(await socket.until(() => answer().closeCode !== undefined, endTime))) {
          socket.destroy();
          throw new Finding(`no close after exit was acknowledged: ${service.target}`, input);
        }
        const { closeCode: last } = answer();
        if (last !== 1000) throw new Finding(`closed with ${last}: ${service.target}`, input);
        socket.destroy();
      },
      async check() {
        await victim.check();
        await victim.checkRepositories();
      },
      close: () => victim.close(),
    };
  },
};

function check(socket: RawSocket, victim: Victim, input: Uint8Array): Answer {
  try {
    return checkAnswer(socket.received, victim);
  } catch (error) {
    socket.destroy();
    throw new Finding(`${String(error)}\nasked:`, input);
  }
}

function countedIn(frames: Answer['frames']): number {
  return frames.filter(
    ({ opcode, payload }) =>
      opcode === opcodes.binary ||
      (opcode === opcodes.text && /^\{"type":"(stderr|end|exit)"/.test(payload.toString('latin1'))),
  ).length;
}

async function leave(socket: RawSocket, random: Random): Promise<void> {
  if (!oneIn(random, 3)) await socket.until(() => socket.ended, random.below(60));
  switch (random.below(4)) {
    case 0:
      socket.destroy();
      break;
    case 1:
      socket.reset();
      break;
    default:
      socket.end();
  }
}

function makeFrame(service: Service, head: string, random: Random): ClientFrame {
  switch (random.below(8)) {
    case 0:
      return makeBrokenFrame(random);
    case 1:
    case 2:
      return {
        opcode: opcodes.binary,
        payload: makeGitRequest(service.name, service.version, head, random),
      };
    case 3:
      return {
        opcode: opcodes.binary,
        payload: random.bytes(random.below(oneIn(random, 9) ? 2 ** 20 : 300)),
      };
    default:
      return { opcode: opcodes.text, payload: Buffer.from(makeText(random), 'utf8') };
  }
}

function makeBrokenFrame(random: Random): ClientFrame {
  const payload = random.bytes(random.below(oneIn(random, 5) ? 200 : 20));
  const opcode = random.below(16);
  const closing = Buffer.concat([
    // No code of the server's own: its reasons are told from what it gives back by their codes.
    Buffer.from([random.pick([0, 3, 7, 11, 15, 18, 255]), random.below(256)]),
    random.bytes(random.below(10)),
  ]);
  const kinds: ClientFrame[] = [
    { opcode, payload },
    { opcode, payload, fin: false },
    { opcode, payload, reserved: random.below(8) },
    { opcode, payload, masked: false },
    { opcode, payload, lengthBytes: random.pick([0, 2, 8] as const) },
    { opcode, payload, lengthBytes: 8, declared: 2 ** random.below(63) },
    { opcode: opcodes.close, payload: closing },
    { opcode: opcodes.close, payload: Buffer.from([3, 232, 66, 121, 101]) },
    { opcode: opcodes.text, payload: Buffer.from([0xff, 0xfe]) },
    { opcode: opcodes.continuation, payload },
    { opcode: opcodes.ping, payload: random.bytes(random.below(130)) },
  ];
  return random.pick(kinds);
}

const types = [
  'ack',
  'ack',
  'ack',
  'ping',
  'pong',
  'end',
  'stderr',
  'exit',
  'open',
  'x',
  '',
  '__proto__',
];

/** A text message, from right to no JSON at all. */
export function makeText(random: Random): string {
  const number = (): unknown =>
    oneIn(random, 2)
      ? random.below(4)
      : random.pick<unknown>([...oddNumbers, '1', null, true, [], {}, [1], random.pick(oddTexts)]);
  const message: Record<string, unknown> = { type: random.pick(types), consumed: number() };
  for (const field of ['id', 'text', 'code', 'signal', 'session', 'token', 'window', 'received']) {
    if (oneIn(random, 4)) message[field] = oneIn(random, 2) ? number() : random.pick(oddTexts);
  }
  const text = JSON.stringify(message);
  if (oneIn(random, 3)) return mutateText(text, random);
  if (!oneIn(random, 10)) return text;
  return random.pick([
    '['.repeat(5_000),
    `{"type":${'['.repeat(3_000)}`,
    '{"type":"ack","consumed":1e999}',
    '{"type":"ack","consumed":1,"consumed":-1}',
    '{"__proto__":{"type":"ack","consumed":0}}',
    `{"type":"x","x":"${'€'.repeat(3_000)}"}`,
    'null',
    '"ack"',
    '',
    '\ufeff{"type":"end"}',
  ]);
}
