/**
 * The matrix: every client and operation under every kind of fault. Where a fault hits a session
 * that can be resumed, nothing but success will do.
 */
import type { Direction, Faults, Plan, Strike } from '../helpers/proxy.js';
import type { ClientName, ClientSettings } from './clients.js';
import type { Course } from './course.js';
import type { Ground, Operation } from './ground.js';
import { runTrial, type Outcome } from './trial.js';

type StrikeIn = NonNullable<Faults['strike']>;

/** One trial of the matrix. */
export interface Case {
  readonly name: string;
  readonly plan: Plan;
  /**
   * `resumed`: it succeeds, and in one session of the server. `right or clear`: it succeeds, or
   * fails as {@link runTrial} allows.
   */
  readonly expected: 'resumed' | 'right or clear';
  /** Whether the fault is sure to strike, and not to come too late. */
  readonly certain: boolean;
}

/** Positions in all, in both directions together. */
const positions = 40;

/** All cases of one client and operation. */
export function casesOf(course: Course): Case[] {
  return [...spreadCases(course), ...specialCases(course), ...repeatedCases(course)];
}

/** Cuts at even distances, from the first byte to before the last ones. */
function spreadCases(course: Course): Case[] {
  return (['up', 'down'] as const).flatMap((direction) => {
    const total = course[direction];
    const count = positions / 2;
    return Array.from({ length: count }, (_, index): Case => {
      const after = Math.floor((total * (index + 0.5)) / count);
      const how = index % 3 === 0 ? 'end' : 'reset';
      const first = direction === 'up' ? course.firstAck : course.acknowledged;
      return {
        name: `cut by ${how} after ${after} of ${total} bytes ${direction}`,
        plan: once({ direction, after, how }),
        expected: after >= first ? 'resumed' : 'right or clear',
        // What comes last depends on how acks and farewells happen to meet.
        certain: after < total - 150,
      };
    });
  });
}

/** The places where something begins or ends. */
function specialCases({ request, answer, firstAck, exits }: Course): Case[] {
  const strikes: [string, Case['expected'], Omit<StrikeIn, 'how'>][] = [
    ['before the request', 'right or clear', { direction: 'up', after: 0 }],
    ['inside the request', 'right or clear', { direction: 'up', after: request / 2 }],
    ['inside the answer', 'right or clear', { direction: 'down', after: answer / 2 }],
    ['inside open', 'right or clear', { direction: 'down', after: answer + 20 }],
    ['before the first ack', 'right or clear', { direction: 'up', after: request }],
    ['inside the first ack', 'right or clear', { direction: 'up', after: firstAck - 3 }],
    ['behind the first ack', 'resumed', { direction: 'up', after: firstAck }],
  ];
  if (exits) {
    const last = (text: string, after: number): Omit<StrikeIn, 'how'> => ({
      ...{ direction: 'down', behind: `{"type":"${text}"`, after },
    });
    strikes.push(
      ['before exit', 'resumed', last('end', 1)],
      ['inside exit', 'resumed', last('exit', 4)],
    );
  }
  return strikes.map(([where, expected, strike]) => ({
    name: `cut ${where}`,
    plan: once({ ...strike, after: Math.floor(strike.after), how: 'reset' }),
    expected,
    certain: true,
  }));
}

function repeatedCases(course: Course): Case[] {
  const direction: Direction = course.up > course.down ? 'up' : 'down';
  const opened = direction === 'up' ? course.request : course.answer;
  const half = Math.floor(course[direction] / 2);
  const at = (after: number, how: Strike = 'reset'): Faults => ({
    strike: { direction, after: Math.floor(after), how },
  });
  const pieces = { seed: half, most: 3_000 };
  const all: [string, readonly Faults[]][] = [
    // More than one message, so that each connection is worth something.
    ['cut again and again', Array.from({ length: 4 }, () => at(opened + 240_000))],
    [
      'cut in the middle, then while the rest is sent again',
      [at(half), at(opened + 300), at(opened + 20_000), at(opened + 50_000, 'end')],
    ],
    [
      'cut in the middle, then inside each handshake that is to resume',
      [at(half), at(opened / 2), at(opened), at(opened + 60)],
    ],
    [
      'late, in other pieces, and cut',
      [
        { ...at(half), delay: 20, pieces },
        { delay: 20, pieces },
      ],
    ],
    ['throttled, and cut', [{ ...at(half), rate: 2_000_000 }]],
  ];
  return all.map(([name, faults]) => ({
    name,
    plan: (connection) => faults[connection] ?? {},
    expected: 'resumed',
    certain: true,
  }));
}

/** Connections that seem to be open and carry nothing any more. */
export function silentCases(course: Course): Case[] {
  const direction: Direction = course.up > course.down ? 'up' : 'down';
  const after = Math.floor(course[direction] / 2);
  // The server takes up the session; its client does not learn that, and it hears nothing of it.
  const handshake: Faults = { strike: { direction: 'down', after: 20, how: 'swallow' } };
  const all: [string, readonly Faults[]][] = [
    ['stall in the middle', [{ strike: { direction, after, how: 'stall' } }]],
    ['swallow in the middle', [{ strike: { direction, after, how: 'swallow' } }]],
    [
      'cut in the middle, then swallow the answer to the handshake that is to resume',
      [{ strike: { direction, after, how: 'reset' } }, handshake],
    ],
  ];
  return all.map(([name, faults]) => ({
    name,
    plan: (connection) => faults[connection] ?? {},
    expected: 'resumed',
    certain: true,
  }));
}

function once(strike: StrikeIn): Plan {
  return (connection) => (connection === 0 ? { strike } : {});
}

/**
 * Runs one case.
 *
 * @throws Error naming the case where it does not come out as it must.
 */
export async function runCase(
  ground: Ground,
  client: ClientName,
  operation: Operation,
  { name, plan, expected, certain }: Case,
  settings: ClientSettings = {},
): Promise<Outcome> {
  try {
    const outcome = await runTrial(ground, { client, operation, plan, settings });
    await ground.rest();
    const { failure, connections } = outcome;
    const struck = connections.filter((connection) => connection.struck).length;
    if (certain && struck === 0) throw new Error('nothing struck');
    if (expected === 'resumed') {
      if (failure !== undefined) throw failure;
      const reports = ground.reports.filter((report) => report.repository === outcome.name);
      const resumes = reports.reduce((sum, report) => sum + report.resumes, 0);
      if (reports.length !== 1) throw new Error(`${reports.length} sessions`);
      if (certain && resumes === 0) throw new Error('the session was not resumed');
      if (resumes > struck) throw new Error(`${resumes} resumes after ${struck} faults`);
    }
    const [error] = ground.errors;
    if (error !== undefined) throw new Error('an error on the server', { cause: error });
    return outcome;
  } catch (cause) {
    throw new Error(`${client}, ${operation}, ${name}: ${String(cause)}`, { cause });
  }
}
