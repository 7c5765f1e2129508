/** A server that pages post to, where their driver has no way to call the test back. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { randomUUID } from 'node:crypto';
import { listen } from '../listen.js';

/** What a page may call: it gets what JSON has of the arguments, and the page what it has of the result. */
export type Listener = (...args: never[]) => unknown;

/** The calls of a browser's pages. */
export class PageCalls {
  readonly #listeners = new Map<string, Listener>();
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  static async start(): Promise<PageCalls> {
    const calls: { current?: PageCalls } = {};
    const { url } = await listen(
      createServer((request, response) => {
        // Pages of every origin post to it, as text, so that they need not ask before.
        response.setHeader('access-control-allow-origin', '*');
        text(request)
          .then(async (body) => calls.current?.answer(request.url ?? '', body))
          .then(
            (answer) => response.end(answer),
            (error: unknown) => response.writeHead(500).end(String(error)),
          );
      }),
    );
    return (calls.current = new PageCalls(url));
  }

  /** @returns the address that pages post their arguments to, as a list. */
  add(listener: Listener): string {
    const path = `/${randomUUID()}`;
    this.#listeners.set(path, listener);
    return this.#url + path;
  }

  remove(address: string): void {
    this.#listeners.delete(new URL(address).pathname);
  }

  private async answer(path: string, body: string): Promise<string> {
    const listener = this.#listeners.get(path);
    if (listener === undefined) throw new Error('nobody waits for this any more');
    const result = await listener(...(JSON.parse(body) as never[]));
    return JSON.stringify(result) ?? 'null';
  }
}
