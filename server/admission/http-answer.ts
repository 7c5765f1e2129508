/** Answers in plain HTTP: a status, and a sentence for a person. */
import type { ServerResponse } from 'node:http';
import { subprotocol } from '../../src/tunnel/machine/subprotocol.js';
import { basicChallenge } from './refusal.js';

/** Says of an endpoint for WebSockets that it is one. */
export function wantUpgrade(response: ServerResponse): void {
  response
    .writeHead(426, { 'Content-Type': 'text/plain; charset=utf-8', Upgrade: 'websocket' })
    .end(
      `This is a git repository's endpoint for WebSockets (${subprotocol}), not for plain HTTP.\n`,
    );
}

/** Time for a client to have sent all of its request, in ms, whose answer is there already. */
const lingerTime = 5_000;

/**
 * Answers a request whose response has not begun, and ends the connection. What of the request is
 * still to come is read for a while and dropped: the answer of a connection that is closed before that
 * never arrives.
 */
export function answerHttp(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `${sentence}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': `${Buffer.byteLength(body)}`,
    'Cache-Control': 'no-store',
    Connection: 'close',
    // RFC 9110, section 15.5.2, wants it.
    ...(status === 401 ? { 'WWW-Authenticate': basicChallenge } : {}),
    ...headers,
  });
  const { req: request } = response;
  if (request.complete) {
    response.end(body);
    return;
  }
  response.write(body);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, lingerTime);
  request.unpipe().resume();
  request.once('end', finish).once('close', finish);
}
