/**
 * A part of the library that is a script of its own, loaded when it is needed: once where that
 * succeeds, and again where the network was gone. A browser may keep the failure of an import() for as
 * long as the page lives, so that the same address is not asked a second time.
 */
import { GitWsError } from '../../base/errors.js';

/** Waits before a script is asked for again, in ms: a cut is over by then, or lasts. */
const waits: readonly number[] = [0, 500, 2_000];

/** Loads one part of the library. */
export class Script<Module> {
  readonly #import: () => Promise<Module>;
  #loaded: Promise<Module> | undefined;

  /** @param load the import(), which a bundler has to see as it stands. */
  constructor(load: () => Promise<Module>) {
    this.#import = load;
  }

  /** Puts the module there, where scripts cannot be loaded by and by. */
  provide(module: Module): void {
    this.#loaded = Promise.resolve(module);
  }

  /**
   * Called while it is loaded, it waits for the same; after a failure it begins anew.
   *
   * @throws GitWsError PACK_ENGINE_UNAVAILABLE
   */
  load(): Promise<Module> {
    this.#loaded ??= this.#load().catch((cause: unknown) => {
      this.#loaded = undefined;
      const message = 'A script of the pack engine cannot be loaded.';
      throw new GitWsError('PACK_ENGINE_UNAVAILABLE', message, { cause, retryable: true });
    });
    return this.#loaded;
  }

  async #load(): Promise<Module> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#import();
      } catch (error) {
        // Elsewhere than Chromium no address is told, and no failure kept.
        const address = /\bhttps?:\/\/[^\s'"?#]+/.exec(String(error))?.[0];
        const wait = waits[attempt];
        // Where there is no import(), it does not come with time.
        if (wait === undefined || !canImport()) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
        if (address === undefined) continue;
        const again = `${address}?again=${attempt}.${Date.now()}`;
        const loading = import(
          /* webpackIgnore: true */ /* @vite-ignore */ again
        ) as Promise<Module>;
        const module = await loading.catch(() => undefined);
        if (module !== undefined) return module;
      }
    }
  }
}

/** Service workers may not. */
function canImport(): boolean {
  return !('ServiceWorkerGlobalScope' in globalThis);
}
