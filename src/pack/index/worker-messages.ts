/**
 * What the caller's thread and the worker say to each other, each with the number of the pack that
 * it is about: what is left over from an earlier one is not for the next. No code.
 */
import type { ErrorCode } from '../../base/errors.js';
import type { PackLimits } from './limits.js';
import type { BaseObject, IndexedPack, PackProgress } from './index-pack-options.js';

/** To the worker, about no pack: whether it is there. */
export const greeting = 'gitws.pack-worker';

/** Its answer. */
export interface Greeted {
  readonly type: typeof greeting;
  /** A Web Lock that it holds as long as it lives; undefined where there are none. */
  readonly lock: string | undefined;
}

/** To the worker. */
export type Order =
  | {
      readonly type: 'start';
      readonly module: WebAssembly.Module;
      readonly limits: PackLimits;
      readonly detectsCollisions: boolean;
      readonly keptBytes: number | undefined;
      readonly hasBase: boolean;
      readonly hasProgress: boolean;
      /** What the caller's sink can do; "none" is there if the worker is to hold the pack. */
      readonly sink: 'none' | 'writes' | 'reads';
    }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'cancel' }
  | Answer;

/** To what the worker asked. */
export type Answer =
  | { readonly type: 'bases'; readonly bases: readonly BaseObject[] }
  | { readonly type: 'read'; readonly bytes: Uint8Array }
  | { readonly type: 'written' };

/** From the worker. */
export type Report =
  /** So many bytes are taken: as many more may come. */
  | { readonly type: 'taken'; readonly bytes: number; readonly spent: readonly ArrayBuffer[] }
  | { readonly type: 'progress'; readonly progress: PackProgress }
  | { readonly type: 'done'; readonly result: IndexedPack }
  | {
      readonly type: 'failed';
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | Question;

/** Asked by the worker: one at a time. */
export type Question =
  | { readonly type: 'want-bases'; readonly oids: readonly string[] }
  | { readonly type: 'want-read'; readonly position: number; readonly length: number }
  /** What completes a thin pack. */
  | { readonly type: 'want-written'; readonly bytes: Uint8Array; readonly position: number };

/** A message as it is posted. */
export type Posted<Message> = { readonly pack: number } & Message;

/** A worker that has answered. */
export interface Met {
  readonly worker: Worker;
  /** See {@link Greeted}. */
  readonly lock: string | undefined;
  /** Whether it was started here, and is to be ended here. */
  readonly isOwn: boolean;
}
