/**
 * The answer to protocol version 2's `ls-refs` command (gitprotocol-v2(5)). Checks every name, as
 * the advertisement's parser does, and has the same limits.
 */
import type { GitWsError } from '../../base/errors.js';
import { advertisementLimits, malformedAdvertisement } from '../v0/advertisement.js';
import type { AdvertisementLimits } from '../v0/advertisement.js';
import { MessageParser } from '../message-parser.js';
import { parseOid } from '../oid.js';
import { checkRefName } from '../ref-name.js';
import { quoteText } from '../text.js';

/** One line of the answer. */
export interface ListedRef {
  readonly name: string;
  /** Undefined for a symbolic ref whose target does not exist yet (`unborn`). */
  readonly oid: string | undefined;
  /** For an annotated tag: the object it stands for in the end. */
  readonly peeled?: string;
  /** For a symbolic ref: where it points. */
  readonly symrefTarget?: string;
}

/** Reads the answer to `ls-refs` from pieces of any size. */
export class LsRefsParser extends MessageParser<readonly ListedRef[]> {
  readonly #maxRefs: number;
  readonly #refs: ListedRef[] = [];

  /** @param limits those that differ from {@link advertisementLimits}. */
  constructor(limits: Partial<AdvertisementLimits> = {}) {
    super(limits.maxBytes ?? advertisementLimits.maxBytes);
    this.#maxRefs = limits.maxRefs ?? advertisementLimits.maxRefs;
  }

  protected override takeText(text: string, offset: number): void {
    if (this.#refs.length >= this.#maxRefs) {
      throw this.malformed(`it has more than ${this.#maxRefs} refs`, offset);
    }
    const [object = '', name, ...attributes] = text.split(' ');
    const oid = parseOid(object);
    if (name === undefined || (oid === undefined && object !== 'unborn')) {
      throw this.malformed(`${quoteText(text)} is not a ref`, offset);
    }
    // Defence: names of ls-refs are checked.
    checkRefName(name);
    this.#refs.push({ name, oid, ...this.#attributes(attributes, offset) });
  }

  protected override takeFlush(): readonly ListedRef[] {
    return this.#refs;
  }

  protected override malformed(problem: string, offset: number): GitWsError {
    return malformedAdvertisement(problem, offset);
  }

  /** Attributes that are not known are for others to understand: git adds new ones there. */
  #attributes(words: readonly string[], offset: number): Partial<ListedRef> {
    const attributes: { peeled?: string; symrefTarget?: string } = {};
    for (const word of words) {
      const colon = word.indexOf(':');
      const value = word.slice(colon + 1);
      switch (word.slice(0, Math.max(colon, 0))) {
        case 'symref-target':
          checkRefName(value);
          attributes.symrefTarget = value;
          break;
        case 'peeled': {
          const peeled = parseOid(value);
          if (peeled === undefined) {
            throw this.malformed(`${quoteText(value)} is not an oid`, offset);
          }
          attributes.peeled = peeled;
          break;
        }
      }
    }
    return attributes;
  }
}
