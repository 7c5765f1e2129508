/**
 * Keeps a directory to one process, however that ends: who has it listens at a socket in it, and a
 * socket at which nobody listens is a dead process's. Through mounts of one machine it is seen from
 * other containers, too; from other machines it is not.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { GitWsError } from '../../../src/base/errors.js';

/** Gives the directory back. */
export type Unlock = () => Promise<void>;

/** Longest path of a socket, in bytes: sun_path of macOS, 104, with the NUL behind it. */
const longestPath = 103;

/** @throws GitWsError INVALID_OPTION where another process has it; the system's error. */
export async function lockDirectory(directory: string): Promise<Unlock> {
  const path = join(directory, 'lock');
  if (Buffer.byteLength(path) > longestPath) {
    const most = longestPath - '/lock'.length;
    throw invalid(`"${directory}" is too long a path: ${most} bytes are possible`);
  }
  const server = (await listen(path)) ?? (await listenInstead(path, directory));
  return async () => {
    server.close();
    await once(server, 'close');
  };
}

/** In the place of whoever has left the socket. */
async function listenInstead(path: string, directory: string): Promise<Server> {
  // Defence: a cache is of one process.
  if (!(await isAlive(path))) {
    await rm(path, { force: true });
    const server = await listen(path);
    if (server !== undefined) return server;
  }
  throw invalid(`"${directory}" is the cache of another process: give each one of its own`);
}

/** @returns undefined where something is at that path. */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  // No reason for a process to stay.
  server.unref();
  server.on('error', () => undefined);
  return server;
}

async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

function invalid(why: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `cache: ${why}.`, { data: { option: 'cache' } });
}
