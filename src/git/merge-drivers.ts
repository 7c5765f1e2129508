/** Which way the attributes and the configuration have a file merged: gitattributes(5), ll-merge.c. */
import type { AttributeValue } from './attributes/attributes-file.js';
import { Attributes, type AttributesAt } from './attributes/attributes.js';
import { readConfig, type ConfigAt } from './config.js';
import { holdConfig } from './held-config.js';

/** How a file is merged. */
export interface MergeWay {
  /**
   * Line by line; so, with both sides in the place of conflicts; or not at all. A `foreign` one is a program that the
   * configuration names, which nobody can run here.
   */
  readonly driver: 'text' | 'union' | 'binary' | 'foreign';
  /** Letters of a mark. */
  readonly markerSize: number;
}

/** How a file is merged of which nothing is said. */
export const usualWay: MergeWay = { driver: 'text', markerSize: 7 };

/** Marks are no longer than so: git makes them as long as it is told, and files of others are not to fill the memory. */
const longestMark = 1_000;

/** Keys of which any makes a driver one of the configuration's. */
const driverKeys = ['driver', 'name', 'recursive'];

/** Knows how the files of one merge are merged. */
export class MergeDrivers {
  readonly #config: ConfigAt;
  readonly #attributes: Attributes;
  #usual: Promise<string | undefined> | undefined;
  readonly #named = new Map<string, Promise<MergeWay['driver']>>();

  constructor(at: AttributesAt) {
    this.#config = holdConfig(at);
    this.#attributes = new Attributes(at, this.#config);
  }

  /** @param depth of a base of the merge; 0 for the merge itself. @throws what `fs` throws. */
  async wayOf(path: string, depth: number): Promise<MergeWay> {
    const attributes = await this.#attributes.of(path);
    const size = parseInt(String(attributes.get('conflict-marker-size')), 10);
    const isSize = size > 0 && size <= longestMark;
    return {
      driver: await this.#driverOf(attributes.get('merge'), depth > 0),
      markerSize: isSize ? size : usualWay.markerSize,
    };
  }

  async #driverOf(
    given: AttributeValue | undefined,
    isVirtual: boolean,
  ): Promise<MergeWay['driver']> {
    if (given === true) return 'text';
    if (given === false) return 'binary';
    this.#usual ??= readConfig(this.#config, 'merge.default');
    const name = given ?? (await this.#usual);
    return name === undefined ? 'text' : this.#called(name, isVirtual);
  }

  #called(name: string, isVirtual: boolean): Promise<MergeWay['driver']> {
    const key = `${isVirtual} ${name}`;
    const known = this.#named.get(key) ?? this.#find(name, isVirtual);
    this.#named.set(key, known);
    return known;
  }

  async #find(name: string, isVirtual: boolean): Promise<MergeWay['driver']> {
    const other = isVirtual ? await readConfig(this.#config, `merge.${name}.recursive`) : undefined;
    if (other !== undefined) return this.#find(other, false);
    for (const key of driverKeys) {
      if ((await readConfig(this.#config, `merge.${name}.${key}`)) === undefined) continue;
      return 'foreign';
    }
    return name === 'binary' || name === 'union' ? name : 'text';
  }
}
