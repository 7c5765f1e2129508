/** The refs of a server, where they were asked for over protocol version 2 (gitprotocol-v2(5), ls-refs). */
import { LsRefsParser, type ListedRef } from '../wire/v2/ls-refs.js';
import { readOn } from './kept-remote.js';
import type { ServiceRun } from './service-run.js';

/** @throws GitWsError REMOTE_ERROR, MALFORMED_ADVERTISEMENT, INVALID_REF_NAME; as {@link readOn}. */
export async function readListedRefs(run: ServiceRun): Promise<readonly ListedRef[]> {
  const parser = new LsRefsParser();
  for (;;) {
    const chunk = await readOn(run);
    const step = parser.push(chunk);
    if (!step.done) continue;
    // The next answer begins with what follows.
    run.unread(chunk.subarray(step.end));
    return step.value;
  }
}
