/** The worker's side of `fs`: the storage's functions, and the files that the page has opened. */
import { GitWsError } from '../base/errors.js';
import type { LightningFile } from '../storage/lightning/create.js';

type Call = (...args: unknown[]) => Promise<unknown>;

/** See above. */
export class Files {
  readonly #functions: Readonly<Record<string, Call>>;
  readonly #open = new Map<number, LightningFile>();
  #next = 1;

  /** @param promises those of the storage. */
  constructor(promises: object) {
    this.#functions = promises as Record<string, Call>;
  }

  /** Calls a function of the file system. @returns what it resolves with; of `open`, a number. */
  async call(name: string, args: readonly unknown[]): Promise<unknown> {
    const result = await this.#functions[name]?.(...args);
    if (name !== 'open') return result;
    this.#open.set(this.#next, result as LightningFile);
    return this.#next++;
  }

  /** Calls a function of an open file. Of `read`, bytes are returned in place of how many. */
  async callFile(
    number: number | undefined,
    name: string,
    args: readonly unknown[],
  ): Promise<unknown> {
    const file = this.#open.get(number ?? 0);
    if (file === undefined) {
      throw new GitWsError('FILE_SYSTEM_FAILED', 'The file is not open any more.');
    }
    if (name === 'read') {
      const [length, position] = args as [number, number | null | undefined];
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, position);
      return bytes.subarray(0, bytesRead);
    }
    if (name === 'write') {
      const [bytes, position] = args as [Uint8Array, number | null | undefined];
      return (await file.write(bytes, 0, bytes.length, position)).bytesWritten;
    }
    try {
      return await (file as unknown as Record<string, Call>)[name]?.(...args);
    } finally {
      if (name === 'close') this.#open.delete(number ?? 0);
    }
  }
}
