/** `npm run chaos -- [--sessions N] [--seed S] [--session N]`: see chaos.ts. */
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.js';

/** Time for one session on a busy machine, in ms; what takes longer than all of them hangs. */
const sessionTime = 10_000;

/** Time for what comes before and after them, in ms. */
const extraTime = 180_000;

/** @param args of the command line. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sessions: { type: 'string', default: '500' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      session: { type: 'string' },
    },
  });
  const seed = whole(values.seed);
  const sessions = whole(values.sessions);
  console.log(`${sessions} sessions, seed ${seed}`);
  const start = performance.now();
  const watch = setTimeout(
    () => {
      console.error('It hangs.');
      process.exit(1);
    },
    extraTime + sessions * sessionTime,
  );
  try {
    const { succeeded, failed, faults, resumes } = await runChaos({
      ...{ sessions, seed },
      only: values.session === undefined ? undefined : whole(values.session),
      print(line) {
        console.log(line);
      },
    });
    const time = Math.round((performance.now() - start) / 1_000);
    console.log(
      `${succeeded} succeeded, ${failed} failed clearly before they had begun; ` +
        `${faults} faults, resumed ${resumes} times; ${time} s. Nothing is left of it.`,
    );
  } finally {
    clearTimeout(watch);
  }
}

function whole(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Error(`${text} is not a whole number.`);
}
