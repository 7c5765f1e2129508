/** The client in Node, a process of its own: does what it is sent and answers with the results. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import * as gitws from 'gitws';
import * as gitwsGit from 'gitws/git';
import { indexPack } from 'gitws/pack';
import * as git from 'isomorphic-git';
import httpNode from 'isomorphic-git/http/node';
import { WebSocket } from 'ws';
import { encodePktLine } from '../src/wire/pkt-line.js';
import { inspectClone, timeClone, type CloneOptions } from './clone.js';
import { NativeCommands, timeCommands } from './commands.js';
import { gitEnvironment } from './git.js';
import { LibraryCommands, type Commands } from './library-commands.js';
import { RawTransfer, transferOverChannel } from './raw-transfer.js';
import { readOnce } from './read-objects.js';
import { repeat } from './tasks.js';
import { timedSocket } from './timed-socket.js';
import type {
  CloneTransport,
  CommandsTask,
  IndexResult,
  IndexTask,
  NodeAnswer,
  NodeRequest,
  RawTask,
} from './tasks.js';

const timed = timedSocket(WebSocket);

async function run(request: NodeRequest): Promise<unknown> {
  if (request.kind === 'clone') {
    const { transport, ...options } = request.task;
    return timeClone(fs, httpOf(transport, options), options, timed.lastBytes);
  }
  if (request.kind === 'inspect') return inspectClone(fs, request.task);
  if (request.kind === 'index') return indexOnce(request.task);
  if (request.kind === 'read') return readOnce(request.task);
  if (request.kind === 'commands') return timeCommands(commandsOf(request.task), request.task);
  return repeat(request.task, () => transferOnce(request.task));
}

function commandsOf({ client, url, dir }: CommandsTask): Commands {
  if (client === 'native') return new NativeCommands({ url, dir });
  const keepAlive = client === 'gitws-git-anew' ? 0 : undefined;
  const http = client === 'http' ? httpNode : gitws.createHttpClient({ keepAlive });
  const library = client.startsWith('gitws-git') ? gitwsGit : git;
  return new LibraryCommands({ git: library, fs, common: { fs, http, cache: {} }, dir, url });
}

function httpOf(transport: CloneTransport, { dir, url }: CloneOptions): git.HttpClient {
  if (transport === 'http') return httpNode;
  if (transport === 'gitws') return gitws.http;
  return gitws.bindRepository({ fs, dir, url, WebSocket: timed.WebSocket }).http;
}

async function indexOnce({ engine, path, plainEngine }: IndexTask): Promise<IndexResult> {
  const start = performance.now();
  if (engine === 'isomorphic-git') {
    await git.indexPack({ fs, dir: dirname(path), filepath: basename(path) });
  } else {
    const wasm = engine === 'gitws-plain' ? await fs.promises.readFile(plainEngine) : undefined;
    const detectCollisions = engine !== 'gitws-trusting';
    const source = fs.createReadStream(path, { highWaterMark: 0x10000 });
    const { idx } = await indexPack({ source, wasm, detectCollisions });
    await fs.promises.writeFile(path.replace(/pack$/, 'idx'), idx);
  }
  return { total: performance.now() - start };
}

/** In ms. Of many at once the last ones wait for long. */
const openTimeout = 300_000;

async function transferOnce({ transport, url }: RawTask): Promise<number> {
  switch (transport) {
    case 'gitws':
      return transferOverChannel(
        await gitws.openChannel(url, { service: 'git-upload-pack', openTimeout }),
      );
    case 'http':
      return transferOverHttp(url);
    case 'git':
      return transferOverTcp(new URL(url));
    case 'pipe': {
      const stdio: ['pipe', 'pipe', 'inherit'] = ['pipe', 'pipe', 'inherit'];
      const child = spawn('git', ['upload-pack', url], { env: gitEnvironment, stdio });
      return transferOverStreams(child.stdout, child.stdin);
    }
  }
}

/** git's own protocol on a plain socket (gitprotocol-pack(5), "Git Transport"). */
function transferOverTcp({ hostname, port, pathname }: URL): Promise<number> {
  const socket = connect(Number(port), hostname);
  socket.write(encodePktLine(`git-upload-pack ${pathname}\0host=${hostname}\0`));
  return transferOverStreams(socket, socket);
}

function transferOverStreams(readable: Readable, writable: Writable): Promise<number> {
  const transfer = new RawTransfer({ overHttp: false });
  return received(readable, (piece) => {
    const request = transfer.push(piece);
    if (request !== undefined) writable.end(request);
  }).then(() => transfer.finish());
}

async function transferOverHttp(url: string): Promise<number> {
  const transfer = new RawTransfer({ overHttp: true });
  const service = 'git-upload-pack';
  let body: Uint8Array | undefined;
  const advertised = await answer(`${url}/info/refs?service=${service}`, 'GET');
  await received(advertised, (piece) => (body ??= transfer.push(piece)));
  const type = `application/x-${service}-request`;
  const packed = await answer(`${url}/${service}`, 'POST', { 'content-type': type }, body);
  await received(packed, (piece) => transfer.push(piece));
  return transfer.finish();
}

function answer(
  url: string,
  method: string,
  headers: Record<string, string> = {},
  body?: Uint8Array,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { method, headers }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`the server answered ${response.statusCode}`));
    })
      .on('error', reject)
      .end(body);
  });
}

function received(stream: Readable, take: (piece: Buffer) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', take).on('end', resolve).on('error', reject);
  });
}

// Nobody waits for the answer any more.
process.on('disconnect', () => process.exit());

process.on('message', (request: NodeRequest) => {
  const before = process.cpuUsage();
  void run(request)
    .then<NodeAnswer, NodeAnswer>(
      (result) => {
        const { user, system } = process.cpuUsage(before);
        return { ok: true, result, cpu: (user + system) / 1e6 };
      },
      (error: unknown) => ({
        ok: false,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    .then((message) => process.send?.(message));
});
