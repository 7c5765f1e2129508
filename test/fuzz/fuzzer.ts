/**
 * What the fuzzers share: cases made from a seed, run until a number or a time is reached, and a
 * report that says how to run the one again that found something. For `npm run fuzz` and, bounded,
 * for `npm test`; nothing in this folder knows the test framework.
 */
import { seededRandom, type Random } from '../helpers/random.js';

/** Something to throw rubbish at. */
export interface Fuzzer {
  readonly name: string;
  open(): Promise<OpenFuzzer>;
}

/** A fuzzer whose victim is there. */
export interface OpenFuzzer {
  /** Cases that may run at the same time. */
  readonly concurrency: number;
  /** Runs one case, of which all is decided by `random`. @throws Finding, or anything else. */
  run(random: Random): Promise<void> | void;
  /** Looks at the victim while no case runs. @throws where it is not as it was at the beginning. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** What a case found. */
export class Finding extends Error {
  override readonly name = 'Finding';

  /** @param input what was sent, for whoever looks at it. */
  constructor(message: string, input?: Uint8Array | string) {
    super(input === undefined ? message : `${message}\ninput: ${describeInput(input)}`);
  }
}

/** How long to go on, and from where. */
export interface FuzzPlan {
  /** Any whole number: the same one makes the same cases. */
  readonly seed: number;
  /** Cases to run at most. */
  readonly cases?: number;
  /** When to stop, as `performance.now()` has it. */
  readonly until?: number;
  /** Run this one only. */
  readonly only?: number;
  /** Told after each batch. */
  onProgress?(cases: number): void;
}

/** Cases between two checks. */
const batch = 40;

/**
 * Runs one fuzzer.
 *
 * @returns how many cases ran.
 * @throws Error that names the seed and the case.
 */
export async function fuzz(fuzzer: Fuzzer, plan: FuzzPlan): Promise<number> {
  const { seed, cases = Infinity, until = Infinity, only } = plan;
  const victim = await fuzzer.open();
  let next = only ?? 0;
  const end = only === undefined ? cases : only + 1;
  const again = (number: number): string =>
    `npm run fuzz -- --only ${fuzzer.name} --seed ${seed} --case ${number}`;
  try {
    while (next < end && performance.now() < until) {
      const first = next;
      const last = Math.min(end, first + batch) - 1;
      const work = async (): Promise<void> => {
        while (next <= last) {
          const number = next;
          next += 1;
          await runCase(victim, seed, number, again(number));
        }
      };
      await Promise.all(Array.from({ length: victim.concurrency }, work));
      await victim.check().catch((error: unknown) => {
        throw named(`${again(first)}\n… to ${last}, one of them or all together`, error);
      });
      plan.onProgress?.(next);
    }
  } finally {
    await victim.close();
  }
  return next - (only ?? 0);
}

async function runCase(
  victim: OpenFuzzer,
  seed: number,
  number: number,
  again: string,
): Promise<void> {
  try {
    await victim.run(seededRandom(mix(seed, number)));
  } catch (error) {
    throw named(again, error);
  }
}

/** The error itself, saying first how to have it again. */
function named(again: string, error: unknown): Error {
  const named = error instanceof Error ? error : new Error(String(error));
  const frames = /^ {4}at .*/ms.exec(named.stack ?? '')?.[0] ?? '';
  named.message = `${again}\n${named.message}`;
  named.stack = `${named.name}: ${named.message}\n${frames}`;
  return named;
}

/** A seed for each case, so that neighbours have nothing in common. */
function mix(seed: number, number: number): number {
  let hash = Math.imul(seed | 0, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function describeInput(input: Uint8Array | string): string {
  const text = JSON.stringify(
    typeof input === 'string' ? input : Buffer.from(input).toString('latin1'),
  );
  return text.length > 4_000 ? `${text.slice(0, 4_000)}… (${input.length} in all)` : text;
}
