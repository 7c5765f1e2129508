/**
 * Fuzzes the client as isomorphic-git uses it, against a server that speaks gitws.v1 and says
 * nearly what git says. Whatever is wrong with it, the client rejects with an error of its own; it
 * never hangs, and never takes a packfile that is not the right one.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { isGitWsError } from '../../src/base/errors.js';
import { createHttpClient, type HttpClient } from '../../src/isomorphic/http.js';
import { parseSubprotocols, subprotocol } from '../../src/tunnel/machine/subprotocol.js';
import { Tunnel } from '../../src/tunnel/machine/tunnel.js';
import { FetchResponseParser } from '../../src/wire/fetch-response.js';
import { PushResponseParser } from '../../src/wire/v0/push-response.js';
import { cloneRequest, nullOid, pktLine } from '../helpers/git-stream.js';
import type { Random } from '../helpers/random.js';
import { Finding, type Fuzzer } from './fuzzer.js';
import { cut, mutateBytes, oneIn } from './mutate.js';
import { makeText } from './sessions.js';
import { makeFetchResponse, makePack, makePushResponse } from './wire.js';

/** Time for an operation to come to its end, in ms. The client's own patience is 10 s. */
const endTime = 40_000;

const tip = 'a'.repeat(40);

/** What one connection is to hear, and how it ends. */
interface Script {
  readonly advertisement: Buffer;
  readonly answer: Buffer;
  readonly random: Random;
  readonly ending: 'exit' | 'failure' | 'signal' | 'drop' | 'refusal' | 'garbage';
}

class Play {
  readonly #socket: WebSocket;
  readonly #script: Script;
  readonly #tunnel: Tunnel;
  readonly #timer: ReturnType<typeof setTimeout>;
  #asked = false;

  constructor(socket: WebSocket, script: Script, header: string | undefined) {
    this.#socket = socket;
    this.#script = script;
    this.#tunnel = new Tunnel({
      role: 'server',
      ...{ window: 4_194_304, maxReplay: 4_194_304, now: performance.now() },
      ...{ session: 's', token: 't'.repeat(22), resumeFor: 0 },
      peerWindow: parseSubprotocols(header).window,
    });
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => {
      this.#receive(data, isBinary);
    });
    this.#say(script.advertisement);
    // No git waits for an answer to half an advertisement; a client may wait for the rest of it.
    this.#timer = setTimeout(() => {
      this.#ask();
    }, 300);
    socket.on('close', () => {
      clearTimeout(this.#timer);
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    const now = performance.now();
    const bytes = data as Buffer;
    const events = this.#tunnel.receive(isBinary ? bytes : bytes.toString(), now);
    const counted = events.filter(({ type }) => type !== 'credit').length;
    if (counted > 0) this.#tunnel.consume(now, counted);
    if (events.some(({ type }) => type === 'data' || type === 'end')) this.#ask();
    this.#flush();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    clearTimeout(this.#timer);
    this.#say(this.#script.answer);
    this.#end();
  }

  #say(bytes: Buffer): void {
    const { random } = this.#script;
    for (const piece of cut(bytes, random)) {
      if (oneIn(random, 20)) this.#tunnel.writeStderr('remote: word\n');
      this.#tunnel.write(piece);
      this.#flush();
    }
  }

  #end(): void {
    const { ending, random } = this.#script;
    switch (ending) {
      case 'exit':
        this.#tunnel.exit({ code: 0, signal: null });
        break;
      case 'failure':
        this.#tunnel.exit({ code: 1 + random.below(255), signal: null });
        break;
      case 'signal':
        this.#tunnel.exit({ code: null, signal: 'SIGKILL' });
        break;
      case 'drop':
        this.#socket.terminate();
        break;
      case 'refusal':
        this.#socket.close(random.pick([1000, 1001, 1011, 3000, 4400, 4503]), 'Enough.');
        break;
      case 'garbage':
        // It may happen to be a message that counts, of which this end's machine knows nothing.
        this.#socket.removeAllListeners('message');
        this.#socket.send(makeText(random));
        this.#socket.close(1000);
    }
    this.#flush();
  }

  #flush(): void {
    // Later than now: an ack that is due in a while goes out at once.
    for (const frame of this.#tunnel.takeOutgoing(performance.now() + 1_000)) {
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame);
    }
    if (this.#tunnel.settled) this.#socket.close(1000);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The packfile in an answer of the client's. */
function packIn(body: Buffer): Buffer {
  const parser = new FetchResponseParser();
  const events = parser.push(body);
  parser.end();
  return Buffer.concat(events.map((event) => (event.type === 'pack' ? event.bytes : Buffer.of())));
}

/** @throws Finding where a push is said to have come through that the server did not say so of. */
function checkReport(body: Buffer, answer: Buffer): void {
  if (!body.includes('ok refs/heads/main\n')) return;
  const said = new PushResponseParser({ sideBand: true }).push(answer);
  const accepted = said.some(
    (event) =>
      event.type === 'report' &&
      event.report.refs.some(({ ref, ok }) => ok && ref === 'refs/heads/main'),
  );
  if (!accepted) throw new Finding('it invents an ok', answer);
}

/** GET and POST of one operation. @returns the POST's answer. */
async function operate(
  http: HttpClient,
  url: string,
  service: string,
  request: Buffer,
): Promise<Buffer | undefined> {
  const headers = {};
  const advertised = await http.request({ url: `${url}/info/refs?service=${service}`, headers });
  if (advertised.statusCode !== 200) return undefined;
  await collect(advertised.body);
  const type = `application/x-${service}-request`;
  const answer = await http.request({
    url: `${url}/${service}`,
    method: 'POST',
    headers: Object.assign(headers, { 'content-type': type }),
    body: [request],
  });
  return answer.statusCode === 200 ? await collect(answer.body) : undefined;
}

const fetchCapabilities = 'side-band-64k ofs-delta shallow no-progress object-format=sha1';
const pushCapabilities = 'report-status side-band-64k delete-refs ofs-delta object-format=sha1';

function advertise(capabilities: string): Buffer {
  const lines = [`${tip} HEAD\0${capabilities}\n`, `${tip} refs/heads/main\n`];
  return Buffer.concat([...lines.map(pktLine), Buffer.from('0000')]);
}

/** Fuzzes the client by what servers say. */
export const clients: Fuzzer = {
  name: 'client',
  async open() {
    const scripts = new Map<string, Script>();
    const server = new WebSocketServer({
      ...{ port: 0, host: '127.0.0.1', perMessageDeflate: false },
      handleProtocols: () => subprotocol,
    });
    await once(server, 'listening');
    server.on('connection', (socket, request) => {
      const script = scripts.get(request.url?.split('/')[1] ?? '');
      // A client that wants to know what became of its push asks again.
      if (script === undefined) socket.close(4404, 'There is no such repository.');
      else new Play(socket, script, request.headers['sec-websocket-protocol']);
    });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const http = createHttpClient({ openTimeout: 5_000, advertisementTime: 100 });
    let count = 0;
    return {
      // Some wait for the client's patience to end.
      concurrency: 16,
      async run(random) {
        const fetches = !oneIn(random, 3);
        const pack = makePack(random);
        const rightAnswer = fetches
          ? makeFetchResponse(random, pack, oneIn(random, 2))
          : makePushResponse(random, true);
        const rightStart = advertise(fetches ? fetchCapabilities : pushCapabilities);
        const script: Script = {
          advertisement: oneIn(random, 5) ? mutateBytes(rightStart, random) : rightStart,
          answer: oneIn(random, 4) ? rightAnswer : mutateBytes(rightAnswer, random),
          random,
          ending: oneIn(random, 3)
            ? random.pick(['failure', 'signal', 'drop', 'refusal', 'garbage'])
            : 'exit',
        };
        const name = `${(count += 1)}`;
        scripts.set(name, script);
        const service = fetches ? 'git-upload-pack' : 'git-receive-pack';
        const request = fetches
          ? cloneRequest([tip])
          : Buffer.concat([
              pktLine(`${tip} ${nullOid} refs/heads/main\0 report-status side-band-64k`),
              Buffer.from('0000'),
            ]);
        const input = Buffer.concat([script.advertisement, Buffer.from('\n----\n'), script.answer]);
        let timer: ReturnType<typeof setTimeout> | undefined;
        const late = new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => {
            reject(new Finding(`the client hangs (${script.ending})`, input));
          }, endTime);
        });
        try {
          const operation = operate(http, `${origin}/${name}`, service, request);
          const body = await Promise.race([operation, late]);
          if (body === undefined) return;
          if (!fetches) checkReport(body, script.answer);
          // A whole report is the truth, however the connection ended after it; a pack is not.
          else if (script.ending !== 'exit') {
            throw new Finding(`it takes ${script.ending} for success`, input);
          } else if (!packIn(body).equals(pack)) {
            throw new Finding('it takes another packfile for the right one', input);
          }
        } catch (error) {
          if (!isGitWsError(error))
            throw error instanceof Finding ? error : new Finding(String(error), input);
        } finally {
          clearTimeout(timer);
          scripts.delete(name);
        }
      },
      async check() {
        const limit = performance.now() + endTime;
        while (server.clients.size > 0) {
          if (performance.now() > limit) {
            throw new Finding(`the client left ${server.clients.size} connections open`);
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
      async close() {
        for (const socket of server.clients) socket.terminate();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};
