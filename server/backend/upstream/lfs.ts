/**
 * Requests of git-lfs's batch API (github.com/git-lfs/git-lfs, docs/api/batch.md) to upstreams: where
 * large files are, and may go. The files themselves go directly to where the answer says.
 */
import { z } from 'zod';
import { closeCodes } from '../../../src/tunnel/machine/close.js';
import { refusal, type Refusal } from '../../admission/refusal.js';
import { bodyOf, drop, isOfType, refusalOf, type Answer } from './answers.js';

/** The type of requests and answers. */
export const lfsType = 'application/vnd.git-lfs+json';

/** What is known of a request: the rest is not passed on, since servers read it in other ways. */
const batchRequest = z.object({
  operation: z.enum(['download', 'upload']),
  transfers: z.array(z.string()).optional(),
  ref: z.object({ name: z.string() }).nullish(),
  objects: z.array(z.object({ oid: z.string(), size: z.number() })),
  hash_algo: z.string().optional(),
});

/** A request. */
export type BatchRequest = z.infer<typeof batchRequest>;

/** @returns undefined where it is none. */
export function parseBatch(body: Buffer): BatchRequest | undefined {
  try {
    const result = batchRequest.safeParse(JSON.parse(body.toString('utf8')));
    // Defence: what is passed on of a batch is written anew.
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/** An answer, as it came. */
export interface BatchAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * @param most of an answer, in bytes.
 * @returns an answer of git-lfs's type as it is; else what the client is told.
 */
export async function readBatchAnswer(
  host: string,
  answer: Answer,
  whose: 'user' | undefined,
  most: number,
): Promise<BatchAnswer | Refusal> {
  const { statusCode: status } = answer;
  const isRedirect = status >= 300 && status < 400;
  if (status === 401 || isRedirect || !isOfType(answer, lfsType)) {
    if (status === 200 || isRedirect) {
      drop(answer);
      return refusal(closeCodes.failed, `${host} answers with something else than git-lfs's API.`);
    }
    return refusalOf(host, answer, whose);
  }
  const body = await gather(bodyOf(answer), most);
  if (body !== undefined) return { status, body };
  drop(answer);
  return refusal(closeCodes.failed, `The answer of ${host} is too large.`);
}

/**
 * @param source of bytes; undefined counts as too many.
 * @param most that may come, in bytes.
 * @returns all of it; undefined where there is more.
 */
export async function gather(
  source: AsyncIterable<unknown> | undefined,
  most: number,
): Promise<Buffer | undefined> {
  if (source === undefined) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of source as AsyncIterable<Buffer>) {
    size += part.length;
    // Defence: a batch and its answer have a largest size (maxBatchSize).
    if (size > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
