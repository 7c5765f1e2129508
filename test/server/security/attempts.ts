/** What an attacker's client does, and what a server makes of it: shared by the tests of attacks. */
import type { Socket } from 'node:net';
import { RawClient, type RawOptions } from '../../helpers/raw-client.js';
import type { TestServer } from '../../helpers/server.js';

/** `open`, or the close code and reason, or `HTTP` and a status: never anything else. */
export async function answerOf(server: TestServer, options: RawOptions): Promise<string> {
  const client = new RawClient(server.url, options);
  const opened = client.text('open').then(
    () => 'open',
    () => client.closed,
  );
  const ending = await Promise.race([opened, client.closed]);
  if (ending === 'open') {
    client.socket.close(1000);
    await client.closed;
    return 'open';
  }
  const { code, reason, status } = await client.closed;
  return status === 101 ? `${code} ${reason}` : `HTTP ${status}`;
}

/** An Authorization value as the entry that a page sends it by. */
export function authEntry(authorization: string): string {
  return `gitws.auth.${Buffer.from(authorization).toString('base64url')}`;
}

/** A Basic Authorization value. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Which service, of which repository. */
export function targetOf(repository: string, service: 'upload' | 'receive', query = ''): string {
  return `/${repository}/git-${service}-pack${query}`;
}

/** Opens a session whose reader keeps up. */
export async function openSession(
  server: TestServer,
  target: string,
  options: Omit<RawOptions, 'target'> = {},
): Promise<RawClient> {
  const client = new RawClient(server.url, { target, ...options }).keepUp();
  await client.advertisement();
  client.ack();
  return client;
}

/** Opens a session, sends all of `request` and `end`, and waits for git's exit. */
export async function runSession(
  server: TestServer,
  target: string,
  request: Uint8Array,
  options: Omit<RawOptions, 'target'> = {},
): Promise<RawClient> {
  const client = await openSession(server, target, options);
  for (let start = 0; start < request.length; start += messageBytes) {
    client.send(request.subarray(start, start + messageBytes));
  }
  client.send({ type: 'end' });
  await client.text('exit');
  return client;
}

/** Below the smallest of windows, so that requests of the tests need no credit. */
const messageBytes = 32 * 1024;

/** Everything that git said on stdout. */
export function answered(client: RawClient): string {
  return Buffer.concat(client.data).toString('latin1');
}

/** Everything that git and hooks said on stderr. */
export function said(client: RawClient): string {
  return client.texts
    .filter(({ type }) => type === 'stderr')
    .map(({ text }) => String(text))
    .join('');
}

/** The TCP connection below a client: to send what no WebSocket sends, or to read nothing. */
export function connectionOf(client: RawClient): Socket {
  return (client.socket as unknown as { readonly _socket: Socket })._socket;
}

/** One frame as a client sends it, masked with zeros (RFC 6455 section 5.2). */
export function clientFrame(
  { opcode, fin = true }: { opcode: 'continuation' | 'text' | 'binary' | 'ping'; fin?: boolean },
  payload: Uint8Array,
): Buffer {
  const code = { continuation: 0, text: 1, binary: 2, ping: 9 }[opcode];
  const first = (fin ? 0x80 : 0) | code;
  const length =
    payload.length < 126
      ? [0x80 | payload.length]
      : [0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), payload]);
}
