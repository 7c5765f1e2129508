/**
 * upload-pack in protocol version 2 (gitprotocol-v2(5)): each command ends with a flush-pkt and is
 * answered by itself, so a stateful stream of them is cut into posts.
 */
import { BrokenRequest, passToFlush, requestBody, type Conversation } from './conversation.js';
import { encodeLine } from './line-input.js';

/** Carries out command after command, until the client wants no more. */
export async function runCommands(conversation: Conversation): Promise<void> {
  const { input, post } = conversation;
  for (;;) {
    const first = await input.line();
    // The end, or a flush-pkt where a command could begin, says that nothing more is wanted.
    if (first === undefined || first.type === 'flush') return;
    const command = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield encodeLine(first);
      for (;;) {
        const line = await input.line();
        if (line === undefined) throw new BrokenRequest();
        yield encodeLine(line);
        if (line.type === 'flush') return;
      }
    };
    await passToFlush(await post(await requestBody(command())), conversation);
  }
}
