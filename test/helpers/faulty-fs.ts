/**
 * File systems that fail at one point, in the shapes that callers of the library have: Node's with
 * open files, LightningFS's with whole files, and one that cannot rename either.
 */
import * as nodeFs from 'node:fs';

/** What a file system can do beside reading and writing whole files. */
export type Shape = 'open files' | 'whole files' | 'whole files, no renaming';

/** One call of a file system: of `open` files, `write` and `sync` with the file's path. */
export interface Fault {
  readonly call: 'open' | 'write' | 'sync' | 'close' | 'writeFile' | 'rename' | 'mkdir';
  /** What the path, for `rename` the new one, ends with. */
  readonly path: RegExp;
  /** How many such calls succeed before. Default 0. */
  readonly after?: number;
  /** What the call rejects with. Default: {@link full}. */
  readonly reason?: { readonly value: unknown };
}

/** What a full disk, and a browser's exhausted quota, are met as. */
export const full: Error = Object.assign(new Error('no space left'), { code: 'ENOSPC' });

/** Node's file system with one fault. Whatever fails has done half of its work before. */
export class FaultyFs {
  readonly promises: Record<string, unknown>;
  /** Paths that were written to, by any call. */
  readonly written: string[] = [];
  #left: number;

  constructor(
    shape: Shape,
    readonly fault?: Fault,
  ) {
    this.#left = fault?.after ?? 0;
    const { promises } = nodeFs;
    this.promises = {
      ...promises,
      mkdir: async (path: string) => {
        this.#meet('mkdir', path);
        return promises.mkdir(path);
      },
      writeFile: async (path: string, bytes: Uint8Array | string, options?: object) => {
        this.written.push(path);
        if (this.#isMet('writeFile', path)) {
          await promises.writeFile(path, bytes.slice(0, bytes.length >> 1));
          throw this.#reason;
        }
        return promises.writeFile(path, bytes, options);
      },
      rename: async (from: string, to: string) => {
        this.#meet('rename', to);
        return promises.rename(from, to);
      },
      open: async (path: string, flags: string) => {
        this.#meet('open', path);
        this.written.push(path);
        return this.#file(path, await promises.open(path, flags));
      },
    };
    if (shape !== 'open files') this.promises['open'] = undefined;
    if (shape === 'whole files, no renaming') this.promises['rename'] = undefined;
  }

  #file(path: string, file: nodeFs.promises.FileHandle) {
    return {
      read: file.read.bind(file),
      write: async (bytes: Uint8Array, offset: number, length: number, position: number) => {
        if (this.#isMet('write', path)) {
          await file.write(bytes, offset, length >> 1, position);
          throw this.#reason;
        }
        return file.write(bytes, offset, length, position);
      },
      sync: async () => {
        this.#meet('sync', path);
        return file.sync();
      },
      close: async () => {
        await file.close();
        this.#meet('close', path);
      },
    };
  }

  get #reason(): unknown {
    const reason = this.fault?.reason;
    return reason === undefined ? full : reason.value;
  }

  #meet(call: Fault['call'], path: string): void {
    if (this.#isMet(call, path)) throw this.#reason;
  }

  #isMet(call: Fault['call'], path: string): boolean {
    if (this.fault?.call !== call || !this.fault.path.test(path)) return false;
    this.#left -= 1;
    return this.#left < 0;
  }
}
