/**
 * Two connected sockets, as socketpair(2) makes them, which Node cannot: by way of a Unix socket in
 * a private directory that is gone before the pair is used.
 */
import { once } from 'node:events';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is written to one can be read from the other. */
export type SocketPair = readonly [Socket, Socket];

/** Time for the two ends of a pair to meet, in ms: nothing is nearer than this. */
const meetingTime = 5_000;

/**
 * @param count how many pairs to make.
 * @throws the system's error where there is no place for a socket, or no descriptor is left; no end
 *   of any pair is open then.
 */
export async function socketPairs(count: number): Promise<SocketPair[]> {
  // Of mode 0700: nobody else can connect in between.
  const directory = await mkdtemp(join(tmpdir(), 'gitws-'));
  const path = join(directory, 's');
  // Paused: whatever arrives belongs to whoever gets the socket.
  const listener = createServer({ pauseOnConnect: true });
  const pairs: SocketPair[] = [];
  try {
    listener.listen(path);
    await once(listener, 'listening');
    while (pairs.length < count) pairs.push(await meet(listener, path));
    return pairs;
  } catch (error) {
    for (const end of pairs.flat()) end.destroy();
    throw error;
  } finally {
    listener.close();
    // Neither takes a descriptor, as removing all that is in a directory would.
    await rm(path, { force: true }).catch(() => undefined);
    await rmdir(directory).catch(() => undefined);
  }
}

/** Without a descriptor for the second end, the system connects the first and hangs up on it. */
function meet(listener: Server, path: string): Promise<SocketPair> {
  return new Promise((resolve, reject) => {
    const one = connect(path);
    let other: Socket | undefined;
    const release = (): void => {
      clearTimeout(timer);
      listener.off('connection', onConnection).off('error', fail);
      one.off('connect', onMeeting).off('error', fail).off('close', onClose);
    };
    const fail = (error: Error): void => {
      release();
      // At once: where accepting fails, the system asks again and again, and nothing else goes on.
      listener.close();
      one.on('error', () => undefined).destroy();
      other?.destroy();
      reject(error);
    };
    const onClose = (): void => {
      const message = 'no descriptor is left for a pair of sockets';
      fail(Object.assign(new Error(message), { code: 'EMFILE' }));
    };
    const onMeeting = (): void => {
      if (other === undefined || one.connecting) return;
      release();
      resolve([one, other]);
    };
    const onConnection = (socket: Socket): void => {
      other = socket;
      onMeeting();
    };
    const timer = setTimeout(() => {
      fail(new Error('the ends of a pair of sockets did not meet'));
    }, meetingTime);
    listener.on('connection', onConnection).on('error', fail);
    one.on('connect', onMeeting).on('error', fail).on('close', onClose);
  });
}
