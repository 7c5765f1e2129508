/** Output of real processes, read into buffers that are used again. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { readIntoSlabs } from '../../server/backend/local/reused-reads.js';
import { release, slabBytes, SlabPool } from '../../server/base/slabs.js';
import { temporaryDirectory } from '../helpers/temp.js';

const size = 20 * 1024 * 1024;
let file: string;
let hash: string;

beforeAll(async () => {
  const bytes = randomBytes(size);
  hash = createHash('sha1').update(bytes).digest('hex');
  file = join(await temporaryDirectory(), 'bytes');
  await writeFile(file, bytes);
});

function outputOf(pool: SlabPool, command: string, ...args: string[]): Readable {
  const { stdout } = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  return readIntoSlabs(stdout, pool);
}

async function read(stream: Readable, onPiece: (piece: Buffer) => void): Promise<void> {
  stream.on('data', onPiece).resume();
  await once(stream, 'close');
}

describe('the output of a process', () => {
  it('is whole, and goes through a few buffers where each piece is released', async () => {
    const pool = new SlabPool();
    const buffers = new Set<ArrayBufferLike>();
    const whole = createHash('sha1');
    await read(outputOf(pool, 'cat', file), (piece) => {
      whole.update(piece);
      if (piece.buffer.byteLength === slabBytes) buffers.add(piece.buffer);
      release(piece);
    });
    expect(whole.digest('hex')).toBe(hash);
    // With buffers of its own for each read there would be none; without a second use more than 100.
    expect(buffers.size).toBeGreaterThan(0);
    expect(buffers.size).toBeLessThan(10);
  });

  it('stays as it is where nothing is released', async () => {
    const pool = new SlabPool();
    const pieces: Buffer[] = [];
    // Another reads at the same time, and releases all.
    const other = read(outputOf(pool, 'cat', file), release);
    await read(outputOf(pool, 'cat', file), (piece) => pieces.push(piece));
    await other;
    const whole = createHash('sha1');
    for (const piece of pieces) whole.update(piece);
    expect(whole.digest('hex')).toBe(hash);
  });

  it('waits while nobody reads, and while its reader pauses', async () => {
    const stream = outputOf(new SlabPool(), 'cat', file);
    const whole = createHash('sha1');
    // The process writes what its pipe takes, and nobody hears of it.
    await new Promise((resolve) => setTimeout(resolve, 50));
    let paused = false;
    await read(stream, (piece) => {
      // What was read at once is handed on at once: in two slabs or three.
      whole.update(piece);
      if (paused) return;
      paused = true;
      stream.pause();
      setImmediate(() => {
        paused = false;
        stream.resume();
      });
    });
    expect(whole.digest('hex')).toBe(hash);
  });

  it('takes no slab where it is short', async () => {
    const pool = new SlabPool();
    const pieces: Buffer[] = [];
    await read(outputOf(pool, 'echo', 'a few words'), (piece) => pieces.push(piece));
    expect(Buffer.concat(pieces).toString()).toBe('a few words\n');
    expect(pieces.map(({ buffer }) => buffer.byteLength)).not.toContain(slabBytes);
  });

  it('ends where its reader has enough', async () => {
    const stream = outputOf(new SlabPool(), 'yes');
    await read(stream, () => stream.destroy());
    expect(stream.destroyed).toBe(true);
  });

  it('is read as it is where it comes from something else', () => {
    const stream = new PassThrough();
    expect(readIntoSlabs(stream, new SlabPool())).toBe(stream);
  });
});
