/**
 * `npm run load -- [--quick] [--clones N] [--slow-readers N] [--stalled-pushes N] [--lost N]
 * [--refusals N] [--half-open N]`: hundreds of sessions at once, stalls and floods; what they cost.
 */
import { parseArgs } from 'node:util';
import { runLoad, type Scale } from './load.js';

/** Time for all of it, in ms. */
const totalTime = 900_000;

const full: Scale = {
  clones: 300,
  slowReaders: 32,
  stalledPushes: 8,
  lost: 40,
  refusals: 5_000,
  halfOpen: 600,
};

/** Little enough for a test. */
export const quick: Scale = {
  clones: 60,
  slowReaders: 6,
  stalledPushes: 2,
  lost: 20,
  refusals: 300,
  halfOpen: 60,
};

/** @param args of the command line. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      clones: { type: 'string' },
      'slow-readers': { type: 'string' },
      'stalled-pushes': { type: 'string' },
      lost: { type: 'string' },
      refusals: { type: 'string' },
      'half-open': { type: 'string' },
    },
  });
  const usual = values.quick ? quick : full;
  const scale: Scale = {
    clones: whole(values.clones, usual.clones),
    slowReaders: whole(values['slow-readers'], usual.slowReaders),
    stalledPushes: whole(values['stalled-pushes'], usual.stalledPushes),
    lost: whole(values.lost, usual.lost),
    refusals: whole(values.refusals, usual.refusals),
    halfOpen: whole(values['half-open'], usual.halfOpen),
  };
  const timer = setTimeout(() => {
    console.error(`It took more than ${totalTime / 60_000} minutes.`);
    process.exit(1);
  }, totalTime);
  try {
    await runLoad(scale, (line) => {
      console.log(line);
    });
  } finally {
    clearTimeout(timer);
  }
  console.log('\nNothing is left of it.');
}

function whole(text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new Error(`${text} is not a whole number.`);
}
