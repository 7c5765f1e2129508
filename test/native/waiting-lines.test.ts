import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { WaitingLines } from '../../native/waiting-lines.js';

/** Takes one piece after another, each when it is told to. */
function slowReader() {
  const heard: string[] = [];
  let taken: (() => void) | undefined;
  const stream = new Writable({
    write(bytes: Buffer, _encoding, done) {
      heard.push(bytes.toString());
      taken = done;
    },
  });
  const readAll = async (): Promise<void> => {
    while (stream.writableLength > 0) {
      taken?.();
      await new Promise(setImmediate);
    }
  };
  return { stream, heard, readAll };
}

it('lines for a reader who does not read wait up to a bound, and what is left out is counted', async () => {
  const { stream, heard, readAll } = slowReader();
  const lines = new WaitingLines(stream, 100);
  for (let count = 0; count < 1_000; count += 1) lines.write(`line ${String(count).padEnd(4)}\n`);
  expect(stream.writableLength).toBe(100);
  await readAll();
  lines.write('and on\n');
  await readAll();
  expect(heard).toEqual([
    ...Array.from({ length: 10 }, (_, count) => `line ${String(count).padEnd(4)}\n`),
    'warning: 990 lines from the server were left out: nobody read them\n',
    'and on\n',
  ]);
});

it('what is left out is told at the end, too, and nothing where nothing is', async () => {
  const { stream, heard, readAll } = slowReader();
  const lines = new WaitingLines(stream, 5);
  lines.tell();
  lines.write('too long\n');
  lines.tell();
  lines.tell();
  await readAll();
  expect(heard).toEqual(['warning: 1 lines from the server were left out: nobody read them\n']);
});
