/** Fuzzes upgrade requests: raw bytes over TCP, from nearly right to rubbish. */
import type { Random } from '../helpers/random.js';
import { checkAnswer } from './answers.js';
import { Finding, type Fuzzer } from './fuzzer.js';
import { encodeClientFrame, opcodes } from './frames.js';
import { cut, mutateBytes, mutateText, oddNumbers, oddTexts, oneIn } from './mutate.js';
import { RawSocket } from './raw-socket.js';
import { authorization, Victim } from './victim.js';

/** Time for a connection to end that the client has half-closed, in ms. */
const endTime = 20_000;

/** Upgrade requests. */
export const upgrades: Fuzzer = {
  name: 'upgrade',
  async open() {
    const victim = await Victim.start();
    return {
      concurrency: 8,
      async run(random) {
        const request = makeRequest(random);
        const socket = await RawSocket.connect(victim.port);
        for (const piece of cut(request, random, 4)) await socket.write(piece);
        await leave(socket, random);
        if (!(await socket.untilEnd(endTime))) {
          socket.destroy();
          throw new Finding('the server holds a connection that the client has ended', request);
        }
        try {
          checkAnswer(socket.received, victim);
        } catch (error) {
          throw new Finding(`${String(error)}\nasked:`, request);
        }
      },
      check: () => victim.check(),
      close: () => victim.close(),
    };
  },
};

/** However a client may leave. */
async function leave(socket: RawSocket, random: Random): Promise<void> {
  switch (random.below(10)) {
    case 0:
      socket.destroy();
      break;
    case 1:
      socket.reset();
      break;
    case 2:
      // Before the answer can have come.
      socket.end();
      break;
    default:
      // Not every request is a whole one: nobody may be waiting for it to be answered.
      await socket.until(() => socket.received.length > 0, 300);
      socket.end();
  }
}

const targets = [
  ...['/site.git/git-upload-pack', '/site/git-upload-pack', '/scratch.git/git-receive-pack'],
  ...['/private.git/git-upload-pack', '/site.git/git-upload-archive', '/site.git/git-x'],
  ...['/site.git/git-upload-pack?git-protocol=version%3D2', '/none.git/git-upload-pack', '/', '*'],
  ...['http://localhost/site.git/git-upload-pack', '/site.git/.git/git-upload-pack', '', '//x'],
  ...['/%2e%2e/site.git/git-upload-pack', `/${'x/'.repeat(2_000)}git-upload-pack`],
  ...[`/${'y'.repeat(20_000)}/git-upload-pack`, '/site.git%2fgit-upload-pack', 'localhost:80'],
];

const auth = (text: string): string => `gitws.auth.${Buffer.from(text).toString('base64url')}`;

/** Entries of the subprotocol: right, strange and wrong ones. */
function makeEntries(random: Random): string {
  const entries = [
    ...['gitws.v1', 'gitws.v2', 'gitws.v', 'chat', '', auth(authorization)],
    ...[
      auth('Basic x\r\nY: z'),
      auth(`Basic ${btoa('a:\0')}`),
      auth('Bearer \ud83d'),
      'gitws.auth.',
    ],
    ...['gitws.auth.====', 'gitws.window.65536', 'gitws.window.1', 'gitws.window.-1'],
    ...[`gitws.window.${random.pick(oddNumbers)}`, `gitws.resume.${'a'.repeat(22)}.0`],
    ...['gitws.resume.x', 'gitws.upstream-auth.x', `gitws.x.${'x'.repeat(7_000)}`],
  ];
  const chosen = [
    'gitws.v1',
    ...Array.from({ length: random.below(4) }, () => random.pick(entries)),
  ];
  const value = chosen.join(oneIn(random, 4) ? random.pick([',', ' , ', ',,', ';']) : ', ');
  return oneIn(random, 4) ? sendable(mutateText(value, random), random) : value;
}

const strange: readonly [string, string][] = [
  ['Content-Length', '5'],
  ['Content-Length', '-1'],
  ['Transfer-Encoding', 'chunked'],
  ['Expect', '100-continue'],
  ['Connection', 'keep-alive, Upgrade'],
  ['Connection', 'close'],
  ['Upgrade', 'h2c'],
  ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
  ['Sec-WebSocket-Extensions', '=;,"'],
  ['Sec-WebSocket-Origin', 'http://evil'],
  ['Sec-WebSocket-Version', '8'],
  ['Sec-WebSocket-Protocol', 'gitws.v1'],
  ['X-Forwarded-For', '1.2.3.4, , [::1'],
  ['Host', 'evil.example'],
  ['Host', '[::1'],
  ['Cookie', 'x'.repeat(12_000)],
  ['__proto__', 'x'],
  ['constructor', 'x'],
  [' folded', 'x'],
  ['', ''],
];

/** A request in its parts. */
interface Request {
  method: string;
  target: string;
  version: string;
  headers: [string, string][];
  lineEnd: string;
}

/** An honest request with a few things wrong, most often with one. */
function makeRequest(random: Random): Buffer {
  const request: Request = {
    method: 'GET',
    target: random.pick(oneIn(random, 3) ? targets : targets.slice(0, 4)),
    version: 'HTTP/1.1',
    headers: [
      ['Host', 'localhost'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', Buffer.from(random.bytes(16)).toString('base64')],
    ],
    lineEnd: '\r\n',
  };
  if (!oneIn(random, 8)) request.headers.push(['Sec-WebSocket-Protocol', makeEntries(random)]);
  const faults = random.pick([0, 1, 1, 1, 1, 2, 2, 3]);
  for (let fault = 0; fault < faults; fault += 1) spoil(request, random);
  const { method, target, version, headers, lineEnd } = request;
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const text = [`${method} ${target} ${version}`, ...lines, '', ''].join(lineEnd);
  const head = Buffer.from(text, oneIn(random, 4) ? 'utf8' : 'latin1');
  const bytes = oneIn(random, 12) ? mutateBytes(head, random) : head;
  return Buffer.concat([bytes, ...makeTail(random)]);
}

function spoil(request: Request, random: Random): void {
  switch (random.below(10)) {
    case 0:
      spoilLine(request, random);
      break;
    case 1:
    case 2:
    case 3:
      request.target = sendable(mutateText(request.target, random), random);
      break;
    case 4:
    case 5:
      request.headers = changeHeader(request.headers, random);
      break;
    case 6:
      request.headers.push(['Authorization', mutateText(authorization, random)]);
      break;
    case 7:
      request.headers.push([
        'Origin',
        random.pick(['http://localhost', 'null', 'http://evil', '']),
      ]);
      break;
    default:
      request.headers.push(random.pick(strange));
  }
}

function spoilLine(request: Request, random: Random): void {
  if (oneIn(random, 3)) {
    request.method = random.pick(['POST', 'CONNECT', 'PRI', 'get', 'HEAD', '', '\0']);
  } else if (oneIn(random, 2)) {
    request.version = random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'http/1.1', '']);
  } else {
    request.lineEnd = random.pick(['\n', '\r', '\r\r\n', '\0\r\n']);
  }
}

/** Most of the times without what no HTTP parser lets through. */
function sendable(text: string, random: Random): string {
  if (oneIn(random, 5)) return text;
  return text.replace(/[^\x21-\x7e]/g, (character) =>
    Buffer.from(character).reduce(
      (sum, byte) => `${sum}%${byte.toString(16).padStart(2, '0')}`,
      '',
    ),
  );
}

function changeHeader(headers: [string, string][], random: Random): [string, string][] {
  const at = random.below(headers.length);
  const [name, value] = headers[at] ?? ['', ''];
  const replaced = (...by: [string, string][]): [string, string][] => [
    ...headers.slice(0, at),
    ...by,
    ...headers.slice(at + 1),
  ];
  switch (random.below(5)) {
    case 0:
      return replaced();
    case 1:
      return replaced([name, value], [name, sendable(mutateText(value, random), random)]);
    case 2:
      return replaced([
        random.pick([name.toUpperCase(), `${name} `, mutateText(name, random)]),
        value,
      ]);
    case 3:
      return replaced([name, `${random.pick(oddTexts)}${value}${random.pick(oddTexts)}`]);
    default:
      return replaced([name, sendable(mutateText(value, random), random)]);
  }
}

/** What comes with the request: nothing, frames of a client in a hurry, another request, rubbish. */
function makeTail(random: Random): Uint8Array[] {
  switch (random.below(6)) {
    case 0:
      return [random.bytes(random.below(300))];
    case 1:
      return [Buffer.from('GET /site.git/git-upload-pack HTTP/1.1\r\nHost: localhost\r\n\r\n')];
    case 2:
      return ['{"type":"ack","consumed":0}', '{"type":"end"}'].map((text) =>
        encodeClientFrame({ opcode: opcodes.text, payload: Buffer.from(text) }, random),
      );
    default:
      return [];
  }
}
