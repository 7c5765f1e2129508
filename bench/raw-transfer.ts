/**
 * The client's half of a full clone in protocol version 0, without anything behind it: it asks for
 * every ref and drops what comes. The same in Node and in a page, over whatever carries the bytes.
 */
import type { Channel } from '../src/index.js';
import { AdvertisementParser } from '../src/wire/v0/advertisement.js';
import { encodePktLine, flushPkt } from '../src/wire/pkt-line.js';
import { concatBytes } from '../src/base/concat-bytes.js';

/** What smart HTTP puts before an advertisement (gitprotocol-http(5)). */
const httpPrefix = concatBytes([encodePktLine('# service=git-upload-pack\n'), flushPkt]);

/** Takes what upload-pack writes, in pieces of any size. */
export class RawTransfer {
  /** Bytes of the answer, so far. */
  bytes = 0;
  /** When the first of them came. */
  first: number | undefined;
  readonly #parser = new AdvertisementParser();
  #prefix: number;
  #requested = false;
  #tail: Uint8Array = new Uint8Array(0);

  /** @param overHttp whether the advertisement begins as smart HTTP's does. */
  constructor({ overHttp }: { overHttp: boolean }) {
    this.#prefix = overHttp ? httpPrefix.length : 0;
  }

  /** @returns the request, once the advertisement is whole. */
  push(piece: Uint8Array): Uint8Array | undefined {
    if (this.#requested) {
      this.first ??= performance.now();
      this.bytes += piece.length;
      this.#tail = piece.length >= 4 ? piece : concatBytes([this.#tail, piece]);
      return undefined;
    }
    const skipped = Math.min(this.#prefix, piece.length);
    this.#prefix -= skipped;
    const step = this.#parser.push(piece.subarray(skipped));
    if (!step.done) return undefined;
    if (step.value.version === 2) throw new Error('version 0 was asked for');
    this.#requested = true;
    const oids = [...new Set(step.value.refs.map(({ oid }) => oid))];
    const wants = oids.map((oid, index) => {
      return encodePktLine(`want ${oid}${index === 0 ? capabilities : ''}\n`);
    });
    return concatBytes([...wants, flushPkt, encodePktLine('done\n')]);
  }

  /** @returns how many bytes answered the request. @throws Error unless the answer was whole. */
  finish(): number {
    const end = this.#tail.subarray(-4);
    if (end.length < 4 || end.some((byte, index) => byte !== flushPkt[index])) {
      throw new Error(`the answer ended after ${this.bytes} bytes without a flush-pkt`);
    }
    return this.bytes;
  }
}

const capabilities = ' side-band-64k ofs-delta no-progress';

/** @param channel of upload-pack, version 0, just opened. */
export async function transferOverChannel(channel: Channel): Promise<number> {
  const transfer = new RawTransfer({ overHttp: false });
  const writer = channel.writable.getWriter();
  const reader = channel.readable.getReader();
  for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
    const request = transfer.push(value);
    if (request === undefined) continue;
    await writer.write(request);
    await writer.close();
  }
  const { code } = await channel.exit;
  if (code !== 0) throw new Error(`git ended with ${code}`);
  return transfer.finish();
}

/** @param url of the repository on a smart HTTP server. */
export async function transferOverFetch(url: string): Promise<number> {
  const transfer = new RawTransfer({ overHttp: true });
  const service = 'git-upload-pack';
  const advertised = await fetch(`${url}/info/refs?service=${service}`, { cache: 'no-store' });
  const body = transfer.push(new Uint8Array(await advertised.arrayBuffer()));
  if (body === undefined) throw new Error('the advertisement was not whole');
  const headers = { 'content-type': `application/x-${service}-request` };
  const answer = await fetch(`${url}/${service}`, { method: 'POST', headers, body: body.slice() });
  const reader = answer.body?.getReader();
  if (!answer.ok || reader === undefined) throw new Error(`the server answered ${answer.status}`);
  for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
    transfer.push(value);
  }
  return transfer.finish();
}
