/**
 * Several changes that are stored together. Each call resolves when what it changed can be read, and
 * all of them are one transaction, or a few, where each would be one of its own.
 */
import { Backend } from './backend.js';
import type { Batch } from './batch.js';
import { Storing } from './storing.js';
import type { Tree } from './tree.js';

/** See the comment above. */
export class GatheringBackend extends Backend {
  readonly #storing = new Storing();

  override async change<Result>(change: (tree: Tree, batch: Batch) => Result): Promise<Result> {
    const { result, stored } = await this.volume.begin((tree, batch) => {
      this.#storing.expectNoFailure();
      return change(tree, batch);
    }, true);
    this.#storing.add(stored);
    return result;
  }

  /**
   * @param work makes the changes.
   * @returns what it returns, when all is stored.
   * @throws why it is not, which says more than what `work` failed with after it; else what that throws.
   */
  async gather<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      await this.#end();
      return result;
    } catch (reason) {
      await this.#end();
      throw reason;
    }
  }

  async #end(): Promise<void> {
    this.volume.commits.start();
    await this.#storing.end();
  }
}
