/**
 * The header of a bundle (gitformat-bundle(5), bundle.c): lines of text, after which its pack begins. Bytes
 * in, a header out, and the bytes behind it.
 */
import { GitWsError } from '../base/errors.js';
import { answerLimit, answerLimits } from './answer-limits.js';
import { checkObjectFormat } from './object-format.js';
import { parseOid } from './oid.js';
import { isRefName } from './ref-name.js';
import { concatBytes } from '../base/concat-bytes.js';
import { decodeText, encodeText, quoteText } from './text.js';

/** What stands in front of the pack. */
export interface BundleHeader {
  readonly version: 2 | 3;
  /** What its objects were filtered by, as `git rev-list --filter` has it; undefined where all are there. */
  readonly filter: string | undefined;
  /** Commits that whoever unpacks it has to have, with all that they reach. */
  readonly prerequisites: readonly string[];
  /** What it has, by full name: each once. */
  readonly refs: ReadonlyMap<string, string>;
}

/** A header, and the first bytes of the pack. */
export interface BundleStart {
  readonly header: BundleHeader;
  readonly rest: Uint8Array;
}

const signatures = { '# v2 git bundle': 2, '# v3 git bundle': 3 } as const;

/** How many bytes tell a bundle from anything else. */
export const signatureLength = 16;

/** @param bytes the first {@link signatureLength} of a file, or all of it. */
export function isBundle(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, signatureLength);
  return Object.keys(signatures).some((line) => {
    const signature = encodeText(`${line}\n`);
    return signature.length === start.length && signature.every((byte, at) => byte === start[at]);
  });
}

/** Reads one header. */
export class BundleHeaderParser {
  readonly #prerequisites: string[] = [];
  readonly #refs = new Map<string, string>();
  #version: 2 | 3 | undefined;
  #filter: string | undefined;
  /** Of the line that is not whole yet. */
  #partial: Uint8Array[] = [];
  #bytes = 0;

  /**
   * @returns undefined as long as more is needed.
   * @throws GitWsError MALFORMED_ADVERTISEMENT (a bundle begins as one does: with refs), ANSWER_LIMIT,
   *   INVALID_REF_NAME, UNSUPPORTED_OBJECT_FORMAT.
   */
  push(bytes: Uint8Array): BundleStart | undefined {
    for (let at = 0; ;) {
      const end = bytes.indexOf(0x0a, at);
      const part = bytes.subarray(at, end < 0 ? bytes.length : end + 1);
      this.#bytes += part.length;
      // Defence: the header of a bundle is bounded.
      if (this.#bytes > answerLimits.bundleHeaderBytes) throw answerLimit('bundleHeaderBytes');
      this.#partial.push(part);
      if (end < 0) return undefined;
      at = end + 1;
      const line = decodeText(concatBytes(this.#partial)).slice(0, -1);
      this.#partial = [];
      const header = this.#read(line);
      if (header !== undefined) return { header, rest: bytes.subarray(at) };
    }
  }

  /** Nothing more comes. @throws GitWsError MALFORMED_ADVERTISEMENT: the header was not whole. */
  end(): never {
    throw malformed('ends before its pack begins', this.#bytes);
  }

  /** @returns the header at its end. */
  #read(line: string): BundleHeader | undefined {
    const version = this.#version;
    if (version === undefined) {
      this.#version = (signatures as Readonly<Record<string, 2 | 3>>)[line];
      if (this.#version === undefined) throw malformed('is none', 0);
      return undefined;
    }
    if (line === '') {
      const [prerequisites, refs] = [this.#prerequisites, this.#refs];
      return { version, filter: this.#filter, prerequisites, refs };
    }
    // As in git: they come first.
    const isEarly = this.#refs.size + this.#prerequisites.length === 0;
    if (version === 3 && isEarly && line.startsWith('@')) this.#readCapability(line.slice(1));
    else this.#readObject(line);
    return undefined;
  }

  #readCapability(line: string): void {
    const [, name = '', value = ''] = /^([^=]*)(?:=(.*))?$/s.exec(line) ?? [];
    if (name === 'object-format') checkObjectFormat(new Map([[name, [value]]]));
    else if (name === 'filter') this.#filter = value;
    else throw malformed(`has the capability ${quoteText(line)}, which git does not know`);
  }

  #readObject(line: string): void {
    const [, minus = '', digits = '', name] = /^(-?)([^ ]*)(?: (.*))?$/s.exec(line) ?? [];
    const oid = parseOid(digits);
    if (oid === undefined) throw malformed(`has the line ${quoteText(line)}`);
    if (minus !== '') this.#prerequisites.push(oid);
    else if (name === undefined) throw malformed('has an object without a name');
    else if (name === 'HEAD' || (name.startsWith('refs/') && isRefName(name))) {
      if (this.#refs.has(name)) throw malformed(`has ${quoteText(name)} twice`);
      this.#refs.set(name, oid);
    } else {
      const message = `The bundle has a ref with the name ${quoteText(name)}, which git does not allow.`;
      throw new GitWsError('INVALID_REF_NAME', message, { data: { ref: name } });
    }
  }
}

function malformed(what: string, offset?: number): GitWsError {
  const data = offset === undefined ? {} : { offset };
  return new GitWsError('MALFORMED_ADVERTISEMENT', `The bundle ${what}.`, { data });
}
