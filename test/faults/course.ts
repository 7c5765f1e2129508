/** How an operation goes where nothing disturbs it: how many bytes, and what stands where. */
import { runTrial } from './trial.js';
import type { ClientName } from './clients.js';
import type { Ground, Operation } from './ground.js';

/** Byte counts of the one connection of an operation without faults. */
export interface Course {
  /** The upgrade request, and its answer. */
  readonly request: number;
  readonly answer: number;
  /** Up to here, the first `ack` is under way. */
  readonly firstAck: number;
  /** From here on, the server says what it only says after the first `ack`. */
  readonly acknowledged: number;
  /** Whether the server says `exit`: not where the client does not wait for it. */
  readonly exits: boolean;
  readonly up: number;
  readonly down: number;
}

/** A client's frame around `{"type":"ack","consumed":0}`: header and mask (RFC 6455 section 5.2). */
const firstAckBytes = 6 + '{"type":"ack","consumed":0}'.length;

/** Measures one operation. @throws Error where it takes more than one connection. */
export async function measure(
  ground: Ground,
  client: ClientName,
  operation: Operation,
): Promise<Course> {
  const streams = { up: Buffer.alloc(0), down: Buffer.alloc(0) };
  let acknowledged: number | undefined;
  const { connections, failure } = await runTrial(ground, {
    ...{ client, operation },
    plan: () => ({}),
    onDelivery({ direction, bytes }) {
      streams[direction] = Buffer.concat([streams[direction], bytes]);
      if (streams.up.length > headLength(streams.up) + firstAckBytes) {
        acknowledged ??= streams.down.length;
      }
    },
  });
  await ground.rest();
  if (failure !== undefined || connections.length !== 1) {
    throw failure ?? new Error(`${connections.length} connections`);
  }
  const request = headLength(streams.up);
  return {
    request,
    answer: headLength(streams.down),
    firstAck: request + firstAckBytes,
    acknowledged: acknowledged ?? 0,
    exits: streams.down.includes('{"type":"exit"'),
    up: streams.up.length,
    down: streams.down.length,
  };
}

function headLength(stream: Buffer): number {
  const end = stream.indexOf('\r\n\r\n');
  return end === -1 ? Infinity : end + 4;
}
