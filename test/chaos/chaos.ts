/**
 * Chaos: clones, fetches and pushes of all clients, several at once, each under faults of its own
 * that are drawn from a seed. What each came to is judged as in the matrix (../faults/trial.ts); and
 * whoever was known to the server before the first fault has to succeed.
 */
import type { Direction, Faults, Plan, Strike } from '../helpers/proxy.js';
import { seededRandom, type Random } from '../helpers/random.js';
import { clientNames, type ClientName } from '../faults/clients.js';
import { measure, type Course } from '../faults/course.js';
import { Ground, type Operation } from '../faults/ground.js';
import { runTrial, type Outcome, type Trial } from '../faults/trial.js';

/** How much chaos. */
export interface ChaosOptions {
  readonly sessions: number;
  /** The same seed, the same clients and faults. */
  readonly seed: number;
  /** Number of the one session to run, from 0; default: all. */
  readonly only?: number | undefined;
  /** Sessions at once. Default 4. */
  readonly atOnce?: number;
  readonly print: (line: string) => void;
}

/** What became of it. */
export interface ChaosResult {
  readonly succeeded: number;
  /** Clear errors, of sessions that were hit before the server knew their clients. */
  readonly failed: number;
  readonly resumes: number;
  readonly faults: number;
}

const directions: readonly Direction[] = ['up', 'down'];

const operations: readonly Operation[] = ['clone', 'fetch', 'push'];

/**
 * @throws Error naming seed and session for the first that ended in any other way than it may, and
 *   where anything is left on the server.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { sessions, seed, only, atOnce = 4, print } = options;
  const limits = {
    // Longer than four attempts take that hang for 10 s each. Sessions of which the last words were
    // lost are waited for at the end.
    ...{ resumeTime: 45_000, maxSessionsPerAddress: 200, maxDetachedPerAddress: 200 },
  };
  const ground = await Ground.start({ media: 3, limits });
  try {
    const courses = await measureAll(ground);
    const all = Array.from({ length: sessions }, (_, number) => number);
    const numbers = only === undefined ? all : [only];
    const outcomes: Outcome[] = [];
    const next = async (): Promise<void> => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        outcomes.push(await runSession(ground, courses, seed, number));
        if (outcomes.length % 50 === 0) print(`${outcomes.length} sessions`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, next));
    await ground.rest();
    if (ground.errors.length > 0) throw new Error('errors on the server', { cause: ground.errors });
    return summarize(ground, outcomes);
  } finally {
    await ground.close();
  }
}

async function measureAll(ground: Ground): Promise<Map<string, Course>> {
  const courses = new Map<string, Course>();
  for (const client of clientNames) {
    for (const operation of operations) {
      courses.set(`${client} ${operation}`, await measure(ground, client, operation));
    }
  }
  return courses;
}

async function runSession(
  ground: Ground,
  courses: ReadonlyMap<string, Course>,
  seed: number,
  number: number,
): Promise<Outcome> {
  const random = seededRandom(Math.imul(seed, 100_003) + number);
  const client = random.pick(clientNames);
  const operation = random.pick(operations);
  const course = courses.get(`${client} ${operation}`);
  if (course === undefined) throw new Error('not measured');
  const faults = Array.from({ length: random.below(6) }, () => drawFaults(random, client, course));
  const plan: Plan = (connection) => faults[connection] ?? {};
  try {
    const trial: Trial = {
      ...{ client, operation, plan },
      settings: { http: { liveness: { silence: 300, answer: 300 } } },
    };
    const outcome = await runTrial(ground, trial);
    if (outcome.failure !== undefined && !isEarly(faults[0], course)) throw outcome.failure;
    return outcome;
  } catch (cause) {
    const drawn = JSON.stringify(faults);
    const again = `npm run chaos -- --seed ${seed} --session ${number}`;
    throw new Error(`${client}, ${operation}, ${drawn}: ${String(cause)}\nOnce more: ${again}`, {
      cause,
    });
  }
}

/** Whether a fault may hit before the server has heard the client's first `ack`. */
function isEarly(faults: Faults | undefined, course: Course): boolean {
  const strike = faults?.strike;
  if (strike === undefined) return false;
  return strike.after < (strike.direction === 'up' ? course.firstAck : course.acknowledged);
}

function drawFaults(random: Random, client: ClientName, course: Course): Faults {
  const direction = random.pick(directions);
  // git's helper takes 20 s to find out about silence: the matrix has that.
  const strikes: readonly Strike[] =
    client === 'git-remote-ws'
      ? ['reset', 'reset', 'end']
      : ['reset', 'reset', 'reset', 'end', 'end', 'stall', 'swallow'];
  const first = direction === 'up' ? course.firstAck : course.acknowledged;
  // Most after the server knows its client, and there as often among the first hundreds of bytes as
  // among the last hundreds of thousands.
  const spread = Math.log(Math.max(2, course[direction] - first));
  const after =
    random.below(5) === 0
      ? random.below(first)
      : first + Math.floor(Math.exp((random.below(1_000) / 1_000) * spread));
  return {
    ...(random.below(5) > 0 && { strike: { direction, after, how: random.pick(strikes) } }),
    ...(random.below(4) === 0 && { delay: random.below(40) }),
    ...(random.below(8) === 0 && { rate: 500_000 + random.below(4_000_000) }),
    ...(random.below(3) === 0 && {
      pieces: { seed: random.below(1_000_000), most: 200 + random.below(40_000) },
    }),
  };
}

function summarize(ground: Ground, outcomes: readonly Outcome[]): ChaosResult {
  const failed = outcomes.filter(({ failure }) => failure !== undefined).length;
  return {
    succeeded: outcomes.length - failed,
    failed,
    resumes: ground.reports.reduce((sum, { resumes }) => sum + resumes, 0),
    faults: outcomes.reduce(
      (sum, { connections }) => sum + connections.filter(({ struck }) => struck).length,
      0,
    ),
  };
}
