/**
 * A person at a page of any engine: looks for things by their roles and names, points, clicks and
 * types, all with input of the engine's own.
 */
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';
import { vi } from 'vitest';
import type { TestPage } from './browser.js';
import type { Found, Wanted } from './sight.js';

/** How long something may take to be there, in ms: less than a test, which says what it was then. */
const patience = { timeout: 30_000, interval: 50 };

/** A name, or a part of it. */
type Name = string | RegExp;

/** Runs in a page. */
type Look<Result> = (wanted: Wanted) => Promise<Result>;

interface Sight {
  readonly find: Look<Found>;
  readonly read: Look<string[]>;
}

let sight: Promise<Sight> | undefined;

/** Who looks at a page. */
export class Person {
  readonly #page: TestPage;
  readonly #sight: Sight;

  private constructor(page: TestPage, itsSight: Sight) {
    this.#page = page;
    this.#sight = itsSight;
  }

  static async at(page: TestPage): Promise<Person> {
    return new Person(page, await (sight ??= makeSight()));
  }

  /** Waits until something is there that could be clicked. @returns where it is. */
  async find(role: string, name: Name): Promise<{ x: number; y: number }> {
    return vi.waitFor(async () => {
      const found = await this.#page.evaluate(this.#sight.find, wantedOf(role, name));
      if ('missing' in found) throw new Error(`${role} ${String(name)}: ${found.missing}`);
      return found;
    }, patience);
  }

  /** Clicks in the middle of something, as soon as that can be done. */
  async click(role: string, name: Name): Promise<void> {
    const { x, y } = await this.find(role, name);
    await this.#page.mouse.click(x, y);
  }

  /** Waits until something shows what is wanted, or a field has it. */
  async read(role: string, name: Name, wanted: RegExp): Promise<void> {
    await vi.waitFor(async () => {
      const texts = await this.#page.evaluate(this.#sight.read, wantedOf(role, name));
      if (!texts.some((text) => wanted.test(text)))
        throw new Error(`${role} ${String(name)} is ${JSON.stringify(texts)}, not ${wanted}`);
    }, patience);
  }

  /** Clicks into a field, and types. */
  async fill(name: Name, text: string): Promise<void> {
    await this.click('textbox', name);
    await this.type(text);
  }

  /** Types where the cursor is. */
  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
  }

  /** Presses keys together, the last of them once all others are down: `Control+s`. */
  async press(keys: string): Promise<void> {
    const { keyboard } = this.#page;
    const held = keys.split('+');
    const last = held.pop() ?? '';
    for (const key of held) await keyboard.down(key);
    await keyboard.press(last);
    for (const key of held.reverse()) await keyboard.up(key);
  }
}

function wantedOf(role: string, name: Name): Wanted {
  if (typeof name === 'string') return { role, name };
  const { source, flags } = name;
  return { role, name: { source, flags } };
}

/** Functions that hold all that they need, since a page is given the text of each alone. */
async function makeSight(): Promise<Sight> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('sight.ts', import.meta.url))],
    ...{ bundle: true, write: false, format: 'iife', globalName: 'sight', minify: true },
  });
  const text = outputFiles[0]?.text ?? '';
  const make = (name: keyof Sight): unknown =>
    runInThisContext(`(wanted) => { ${text} return sight.${name}(wanted); }`);
  return { find: make('find') as Sight['find'], read: make('read') as Sight['read'] };
}
