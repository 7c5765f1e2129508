/** Tells a test when a server has taken all that a channel sent: writing is done long before. */
import WebSocket from 'ws';
import { eventually } from './processes.js';

/**
 * @returns a WebSocket for `openChannel`, and what waits until the end of the channel's input was
 *   acknowledged, or git has ended.
 */
export function watchTaken(): { WebSocket: typeof WebSocket; taken: () => Promise<void> } {
  let sent = 0;
  let ended = false;
  let exited = false;
  let acknowledged = 0;
  class Watched extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      this.on('message', (bytes: Buffer, isBinary: boolean) => {
        if (isBinary) return;
        const message = JSON.parse(bytes.toString()) as { type: string; consumed: number };
        if (message.type === 'ack') acknowledged = message.consumed;
        if (message.type === 'exit') exited = true;
      });
    }

    override send(data: unknown, ...rest: unknown[]): void {
      const isEnd = typeof data === 'string' && data.startsWith('{"type":"end"');
      if (typeof data !== 'string' || isEnd) sent += 1;
      ended ||= isEnd;
      (super.send as (...all: unknown[]) => void).call(this, data, ...rest);
    }
  }
  return {
    WebSocket: Watched as typeof WebSocket,
    taken: () => eventually(() => exited || (ended && acknowledged === sent)),
  };
}
