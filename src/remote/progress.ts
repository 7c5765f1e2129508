/** Byte progress, told often enough for a bar and seldom enough to cost nothing. */

/** What `onProgress` is called with: isomorphic-git's shape. */
export interface ProgressEvent {
  /** `Receiving` and `Sending` (bytes) are gitws's own, the others are git's on the server. */
  readonly phase: string;
  /** How much is done: bytes, or what git counts. */
  readonly loaded: number;
  /** Absent where it is not known. */
  readonly total?: number | undefined;
}

/** Hears of progress. What it throws, or rejects with, ends the operation. */
export type ProgressCallback = (event: ProgressEvent) => void | Promise<void>;

/** ms between two events of the same transfer. */
const interval = 100;

/** Counts the bytes of one transfer. */
export class ByteProgress {
  readonly #phase: string;
  readonly #total: number | undefined;
  readonly #onProgress: ProgressCallback | undefined;
  #loaded = 0;
  #reported: number | undefined;
  #next = 0;

  constructor(phase: string, onProgress: ProgressCallback | undefined, total?: number) {
    this.#phase = phase;
    this.#onProgress = onProgress;
    this.#total = total;
  }

  /** That many more bytes went by. */
  async add(bytes: number): Promise<void> {
    this.#loaded += bytes;
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + interval;
    await this.#report();
  }

  /** Nothing more comes: the last event carries the whole sum. */
  async finish(): Promise<void> {
    if (this.#reported !== this.#loaded) await this.#report();
  }

  async #report(): Promise<void> {
    this.#reported = this.#loaded;
    await this.#onProgress?.({
      phase: this.#phase,
      loaded: this.#loaded,
      ...(this.#total === undefined ? {} : { total: this.#total }),
    });
  }
}
