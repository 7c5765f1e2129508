/**
 * Two connected sockets, as socketpair(2) makes them, which Node cannot: by way of a Unix socket in
 * a private directory that is gone before the pair is used.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is written to one can be read from the other. */
export type SocketPair = readonly [Socket, Socket];

/**
 * @param count how many pairs to make.
 * @throws the system's error where there is no place for a socket.
 */
export async function socketPairs(count: number): Promise<SocketPair[]> {
  // Of mode 0700: nobody else can connect in between.
  const directory = await mkdtemp(join(tmpdir(), 'gitws-'));
  // Paused: whatever arrives belongs to whoever gets the socket.
  const listener = createServer({ pauseOnConnect: true });
  try {
    const path = join(directory, 's');
    listener.listen(path);
    await once(listener, 'listening');
    const pairs: SocketPair[] = [];
    while (pairs.length < count) {
      const accepted = once(listener, 'connection') as Promise<[Socket]>;
      const one = connect(path);
      const [[other]] = await Promise.all([accepted, once(one, 'connect')]);
      pairs.push([one, other]);
    }
    return pairs;
  } finally {
    listener.close();
    await rm(directory, { recursive: true, force: true });
  }
}
