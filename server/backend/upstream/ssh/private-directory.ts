/** A directory of the server's own for ssh: what it says of itself, and the sockets of its connections. */
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Most that is read of what ssh says, in bytes. */
const mostLog = 16 * 1024;

/**
 * Longest path of a directory whose sockets can be bound (unix(7): 108 bytes; 104 elsewhere), with the
 * 40 letters of ssh's own names, and what it puts behind them until they are bound.
 */
const longest = 104 - 60;

/** That of one server, readable by its user alone. */
export class PrivateDirectory {
  readonly path: string;
  #logs = 0;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<PrivateDirectory> {
    return new PrivateDirectory(await mkdtemp(join(tmpdir(), 'gitws-ssh-')));
  }

  /** Where the sockets of shared connections are; undefined where their paths would be too long. */
  get sockets(): string | undefined {
    const isFit = Buffer.byteLength(this.path) <= longest && !/["%\p{Cc}]/u.test(this.path);
    return isFit ? this.path : undefined;
  }

  /** Whether it is there still: directories for temporary files are tidied up by others. */
  async isThere(): Promise<boolean> {
    const found = await stat(this.path).catch(() => undefined);
    return found?.isDirectory() === true;
  }

  /** @returns the path of a file that is not there yet. */
  newLog(): string {
    this.#logs += 1;
    return join(this.path, `${this.#logs}.log`);
  }

  /** @returns the paths of the sockets that there are. */
  async openSockets(): Promise<string[]> {
    const names = await readdir(this.path);
    return names.filter((name) => /^[0-9a-f]{40}$/.test(name)).map((name) => join(this.path, name));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** @returns what is in the log, which is gone then; nothing where there was none. Never rejects. */
export async function takeLog(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(mostLog), 0, mostLog, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  } catch {
    // The end of ssh says enough.
    return '';
  }
}
