/** What runs in the page of index-pack.browser.test.ts: one pack indexed, and what came of it. */
import {
  indexPack,
  type BaseObject,
  type IndexPackOptions,
} from '../../src/pack/index/index-pack.js';

/** One case: which pack, and how it is indexed. */
export interface PageCase {
  /** Where the pack is. */
  readonly pack: string;
  /** Address of a script; `own` for a worker that the page itself started and keeps. */
  readonly worker?: 'own' | 'here' | { readonly url: string };
  readonly sink?: 'reads' | 'writes';
  /** The objects that the page has, in base64. */
  readonly bases?: readonly { oid: string; type: BaseObject['type']; base64: string }[];
  /** Cancels when so many objects have been received. */
  readonly cancelAt?: number;
  /** Ends the page's own worker when so many objects have been received. */
  readonly killAt?: number;
  readonly limits?: IndexPackOptions['limits'];
}

/** What came of it. */
export interface PageResult {
  readonly code?: string;
  readonly data?: unknown;
  readonly result?: Record<string, unknown>;
  readonly idx?: string;
  readonly pack?: string;
  readonly phases: readonly string[];
}

/** What the page offers. */
export interface PackPage {
  run(test: PageCase): Promise<PageResult>;
}

let own: Worker | undefined;

function workerOf(given: PageCase['worker']): IndexPackOptions['packWorker'] {
  if (given === 'here') return false;
  if (given === 'own') return (own ??= new Worker('/worker.js'));
  return given === undefined ? undefined : new URL(given.url, location.href);
}

class Memory {
  bytes = new Uint8Array(0);

  write(bytes: Uint8Array, position: number): void {
    const all = new Uint8Array(Math.max(this.bytes.length, position + bytes.length));
    all.set(this.bytes);
    all.set(bytes, position);
    this.bytes = all;
  }
}

async function hash(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', bytes as BufferSource);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const offered: PackPage = {
  async run({ pack, worker, sink, bases, cancelAt, killAt, limits }) {
    const phases = new Set<string>();
    const controller = new AbortController();
    const memory = new Memory();
    const { body } = await fetch(pack);
    if (body === null) throw new Error('no body');
    try {
      const { idx, ...result } = await indexPack({
        source: body,
        limits,
        signal: controller.signal,
        packWorker: workerOf(worker),
        onProgress: ({ phase, loaded }) => {
          phases.add(phase);
          if (cancelAt !== undefined && loaded >= cancelAt) controller.abort();
          if (killAt !== undefined && loaded >= killAt) {
            own?.terminate();
            own = undefined;
          }
        },
        base:
          bases &&
          (async (oids) =>
            bases
              .filter(({ oid }) => oids.includes(oid))
              .map(({ base64, ...base }) => {
                const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
                return { ...base, bytes };
              })),
        sink: sink && {
          write: (bytes, position) => memory.write(bytes, position),
          ...(sink === 'reads' && {
            read: async (position: number, length: number) =>
              memory.bytes.slice(position, position + length),
          }),
        },
      });
      const whole = result.pack ?? memory.bytes;
      delete result.pack;
      return {
        result: { ...result },
        idx: await hash(idx),
        pack: await hash(whole),
        phases: [...phases],
      };
    } catch (error) {
      const { code, data } = error as { code?: string; data?: unknown };
      return { code: code ?? String(error), data, phases: [...phases] };
    }
  },
};

Object.assign(window, offered);
