/**
 * receive-pack (gitprotocol-pack(5)): one request, streamed as it comes. Where it ends is the end of the
 * client's input if a pack belongs to it; else its last flush-pkt, since clients that only delete wait
 * for the report with their side open.
 */
import type { PktLine } from '../pkt-line.js';
import { BrokenRequest, pass, requestBody, type Conversation } from './conversation.js';
import { encodeLine, textOf } from './line-input.js';

/** Carries out one push, or none where the client sends no command. */
export async function runPush(conversation: Conversation): Promise<void> {
  const { input, post } = conversation;
  const first = await input.line();
  if (first === undefined || first.type === 'flush') return;
  const request = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    let hasPack = false;
    // Commands, then options where they were agreed on: both end with a flush-pkt.
    let sections = 1;
    let line: PktLine | undefined = first;
    for (;;) {
      if (line === undefined) throw new BrokenRequest();
      yield encodeLine(line);
      const text = textOf(line);
      if (asksForOptions(text)) sections = 2;
      if (bringsObjects(text)) hasPack = true;
      if (line.type === 'flush') sections -= 1;
      if (sections === 0) break;
      line = await input.line();
    }
    if (hasPack) yield* input.rest();
  };
  await pass(await post(await requestBody(request())), conversation);
}

/** Capabilities stand behind the first command, or the first line of a push certificate. */
function asksForOptions(line = ''): boolean {
  return line.split('\0')[1]?.split(' ').includes('push-options') === true;
}

/** A command that does not delete; the lines of a push certificate are commands as well. */
function bringsObjects(line = ''): boolean {
  const [, target] = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) /.exec(line) ?? [];
  return target !== undefined && /[^0]/.test(target);
}
