/** Clones in a page, whose connection is put to the test, and tells what its page heard of that. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { createHttpClient, openChannel, type Channel, type HttpClientOptions } from 'gitws';
import * as git from 'isomorphic-git';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

/** What the page heard of its connections. */
type Heard = Parameters<NonNullable<HttpClientOptions['onConnection']>>[0];

/** What the test finds in the page. */
export interface FaultsWindow {
  /** Everything so far. */
  readonly heard: readonly Heard[];
  /** @returns the oid that was cloned, and how many bytes its pack has. */
  clone(
    url: string,
    liveness?: HttpClientOptions['liveness'],
  ): Promise<{ head: string; packBytes: number }>;
  /**
   * Opens a channel on which nothing is said until {@link FaultsWindow.leave}.
   *
   * @param busy time for which the page does nothing else as soon as it has asked whether the server
   *   lives, in ms; the answer waits meanwhile. 0: it does not.
   */
  open(url: string, liveness: HttpClientOptions['liveness'], busy: number): Promise<void>;
  /** Ends that channel as git does that wants nothing. @returns git's exit code. */
  leave(): Promise<number | null>;
}

const heard: Heard[] = [];
let channel: Channel | undefined;

const page: FaultsWindow = {
  heard,
  async clone(url, liveness) {
    heard.length = 0;
    const fs = new LightningFS(`faults-${crypto.randomUUID()}`);
    const http = createHttpClient({ liveness, onConnection: (event) => heard.push(event) });
    const dir = '/clone';
    await git.clone({ fs, http, dir, url, noCheckout: true });
    const packs = `${dir}/.git/objects/pack`;
    let packBytes = 0;
    for (const name of await fs.promises.readdir(packs)) {
      if (name.endsWith('.pack')) packBytes += (await fs.promises.stat(`${packs}/${name}`)).size;
    }
    return { head: await git.resolveRef({ fs, dir, ref: 'HEAD' }), packBytes };
  },
  async open(url, liveness, busy) {
    heard.length = 0;
    const onConnection = (event: Heard): unknown => heard.push(event);
    channel = await openChannel(url, {
      ...{ service: 'git-upload-pack', liveness, onConnection },
      WebSocket: busyAfterPing(busy),
    });
  },
  async leave() {
    if (channel === undefined) return null;
    const { readable, writable, exit } = channel;
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode('0000'));
    await writer.close();
    await readable.pipeTo(new WritableStream());
    return (await exit).code;
  },
};

function busyAfterPing(time: number): HttpClientOptions['WebSocket'] {
  let asked = time === 0;
  return class extends WebSocket {
    override send(data: Parameters<WebSocket['send']>[0]): void {
      super.send(data);
      if (asked || typeof data !== 'string' || !data.includes('"ping"')) return;
      asked = true;
      // Once the timer that waits for the answer is set.
      queueMicrotask(() => {
        const end = performance.now() + time;
        while (performance.now() < end);
      });
    }
  };
}

Object.assign(window, page);
