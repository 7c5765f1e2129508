/** A piece of a file that is written, and not stored. */
import { pieceSize } from './batch.js';
import type { Node } from './node.js';

/**
 * Knows which of its bytes were written: all others are what is stored when it is, which somebody else
 * may change until then.
 */
export class WrittenPiece {
  readonly bytes = new Uint8Array(pieceSize);
  /** Where what was written begins and ends: in order, and apart from each other. */
  #parts: (readonly [number, number])[] = [];
  /** Of which file and version the others are. */
  #filledOf: readonly [Node, number] | undefined;

  write(bytes: Uint8Array, position: number): void {
    this.bytes.set(bytes, position);
    let [from, to] = [position, position + bytes.length];
    const apart: (readonly [number, number])[] = [];
    for (const part of this.#parts) {
      if (part[1] < from || part[0] > to) apart.push(part);
      else [from, to] = [Math.min(from, part[0]), Math.max(to, part[1])];
    }
    this.#parts = [...apart, [from, to] as const].sort(([one], [other]) => one - other);
  }

  /** Whether it needs nothing of a version of a file, or has it. */
  isFilled(node: Node, version: number): boolean {
    if (this.#parts[0]?.[0] === 0 && this.#parts[0][1] === pieceSize) return true;
    return this.#filledOf?.[0] === node && this.#filledOf[1] === version;
  }

  /** Puts what is stored where nothing was written: zeros where it ends, or is a hole. */
  fill(stored: Uint8Array | undefined, node: Node, version: number): void {
    let from = 0;
    for (const [start, end] of [...this.#parts, [pieceSize, pieceSize] as const]) {
      const gap = this.bytes.subarray(from, start);
      const there = stored?.subarray(from, start);
      gap.fill(0, there?.length ?? 0);
      if (there !== undefined) gap.set(there);
      from = end;
    }
    this.#filledOf = [node, version];
  }
}
