/**
 * What upload-pack and receive-pack say first: their refs and capabilities (protocol versions 0
 * and 1, gitprotocol-pack(5)) or their capabilities alone (version 2, gitprotocol-v2(5)). The
 * parser finds out which. It checks every ref name and the object format, since a server's word
 * ends up as files in the caller's repository.
 */
import { GitWsError } from '../../base/errors.js';
import { collectCapabilities, parseCapabilities, parseCapability } from '../capabilities.js';
import type { Capabilities, Capability } from '../capabilities.js';
import { MessageParser } from '../message-parser.js';
import { checkObjectFormat } from '../object-format.js';
import { parseOid, zeroOid } from '../oid.js';
import { checkRefName } from '../ref-name.js';
import { quoteText } from '../text.js';

/** A ref as advertised: `HEAD` or a name below `refs/`. */
export interface AdvertisedRef {
  readonly name: string;
  readonly oid: string;
  /** For an annotated tag: the object it stands for in the end. */
  readonly peeled?: string;
}

/** An advertisement of protocol version 0 or 1. */
export interface RefAdvertisement {
  readonly version: 0 | 1;
  /** Empty where an older git advertises an empty repository. */
  readonly capabilities: Capabilities;
  /** In the server's order. */
  readonly refs: readonly AdvertisedRef[];
  /** Symbolic ref → its target, which need not be among `refs`. */
  readonly symrefs: ReadonlyMap<string, string>;
  /** Oids that receive-pack also has, from repositories it borrows objects of (`.have`). */
  readonly haves: readonly string[];
  /** Commits at which the server's own repository is cut off. */
  readonly shallow: readonly string[];
}

/** A capability list of protocol version 2. */
export interface CapabilityAdvertisement {
  readonly version: 2;
  readonly capabilities: Capabilities;
}

export type Advertisement = RefAdvertisement | CapabilityAdvertisement;

/** How much a server may advertise. */
export interface AdvertisementLimits {
  /** Refs, `.have` and shallow lines together. */
  readonly maxRefs: number;
  /** Bytes of the whole advertisement. */
  readonly maxBytes: number;
}

/**
 * The defaults: some five times what the largest public repositories advertise, and little enough
 * that a page survives it.
 */
export const advertisementLimits: AdvertisementLimits = {
  maxRefs: 500_000,
  maxBytes: 64 * 1024 * 1024,
};

/** An error for an advertisement that breaks its rules `offset` bytes into the stream. */
export function malformedAdvertisement(problem: string, offset: number): GitWsError {
  return new GitWsError(
    'MALFORMED_ADVERTISEMENT',
    `The server's advertisement is malformed: ${problem} (at byte ${offset}).`,
    { data: { offset } },
  );
}

type State =
  /** Nothing came yet. */
  | 'start'
  /** The capabilities come with the next line. */
  | 'first-ref'
  | 'refs'
  /** Only shallow lines may follow. */
  | 'shallow'
  /** Version 2: one capability a line. */
  | 'capabilities';

/** Reads an advertisement of any version from pieces of any size. */
export class AdvertisementParser extends MessageParser<Advertisement> {
  readonly #maxRefs: number;
  #state: State = 'start';
  #version: 0 | 1 = 0;
  #capabilities: Capabilities = new Map();
  readonly #capabilityLines: Capability[] = [];
  readonly #refs: { name: string; oid: string; peeled?: string }[] = [];
  readonly #names = new Set<string>();
  readonly #symrefs = new Map<string, string>();
  readonly #haves: string[] = [];
  readonly #shallow: string[] = [];

  /** @param limits those that differ from {@link advertisementLimits}. */
  constructor(limits: Partial<AdvertisementLimits> = {}) {
    super(limits.maxBytes ?? advertisementLimits.maxBytes);
    this.#maxRefs = limits.maxRefs ?? advertisementLimits.maxRefs;
  }

  protected override takeText(text: string, offset: number): void {
    switch (this.#state) {
      case 'start':
        this.#takeStart(text, offset);
        break;
      case 'first-ref':
        this.#takeFirstRef(text, offset);
        break;
      case 'refs':
        this.#takeRef(text, offset);
        break;
      case 'shallow':
        this.#takeShallow(text, offset);
        break;
      case 'capabilities':
        if (text === '') throw this.malformed('a capability has no name', offset);
        this.#capabilityLines.push(parseCapability(text));
        break;
    }
  }

  protected override takeFlush(): Advertisement {
    if (this.#state === 'capabilities') {
      const capabilities = collectCapabilities(this.#capabilityLines);
      checkObjectFormat(capabilities);
      return { version: 2, capabilities };
    }
    return {
      version: this.#version,
      capabilities: this.#capabilities,
      refs: this.#refs,
      symrefs: this.#symrefs,
      haves: this.#haves,
      shallow: this.#shallow,
    };
  }

  protected override malformed(problem: string, offset: number): GitWsError {
    return malformedAdvertisement(problem, offset);
  }

  #takeStart(text: string, offset: number): void {
    if (!text.startsWith('version ')) {
      this.#takeFirstRef(text, offset);
    } else if (text === 'version 1') {
      this.#version = 1;
      this.#state = 'first-ref';
    } else if (text === 'version 2') {
      this.#state = 'capabilities';
    } else {
      throw this.malformed(`${quoteText(text)} is not a protocol version known here`, offset);
    }
  }

  #takeFirstRef(text: string, offset: number): void {
    const nul = text.indexOf('\0');
    if (nul >= 0) {
      this.#capabilities = parseCapabilities(text.slice(nul + 1));
      // First of all: in another format, even the oids look different.
      checkObjectFormat(this.#capabilities);
      this.#takeSymrefs(offset);
    }
    const line = nul < 0 ? text : text.slice(0, nul);
    if (line === `${zeroOid} capabilities^{}`) {
      this.#state = 'shallow';
    } else {
      this.#state = 'refs';
      this.#takeRef(line, offset);
    }
  }

  #takeSymrefs(offset: number): void {
    for (const symref of this.#capabilities.get('symref') ?? []) {
      const colon = symref.indexOf(':');
      if (colon < 0) throw this.malformed(`the symref ${quoteText(symref)} has no target`, offset);
      const name = symref.slice(0, colon);
      const target = symref.slice(colon + 1);
      checkRefName(name);
      // Defence: names that symrefs point to are checked.
      checkRefName(target);
      this.#symrefs.set(name, target);
    }
  }

  #takeRef(text: string, offset: number): void {
    if (text.startsWith('shallow ')) {
      this.#state = 'shallow';
      this.#takeShallow(text, offset);
      return;
    }
    this.#count(offset);
    const oid = parseOid(text.slice(0, 40));
    if (oid === undefined || text[40] !== ' ') throw this.#unexpected(text, offset);
    const name = text.slice(41);
    if (name === '.have') {
      this.#haves.push(oid);
    } else if (name.endsWith('^{}')) {
      this.#takePeeled(name.slice(0, -3), oid, offset);
    } else {
      // Defence: names of advertised refs are checked.
      checkRefName(name);
      if (oid === zeroOid) throw this.malformed(`${quoteText(name)} has no object`, offset);
      this.#takeName(name, offset);
      this.#refs.push({ name, oid });
    }
  }

  /** Of two refs of one name nobody could say which one counts. */
  #takeName(name: string, offset: number): void {
    // What is no UTF-8 may be another name that looks the same as text.
    if (this.#names.has(name) && !name.includes('\ufffd')) {
      throw this.malformed(`it has ${quoteText(name)} twice`, offset);
    }
    this.#names.add(name);
  }

  #takePeeled(name: string, oid: string, offset: number): void {
    const tag = this.#refs.at(-1);
    if (tag?.name !== name || tag.peeled !== undefined) {
      throw this.malformed(`the peeled ${quoteText(name)} does not follow its tag`, offset);
    }
    tag.peeled = oid;
  }

  #takeShallow(text: string, offset: number): void {
    this.#count(offset);
    const oid = text.startsWith('shallow ') ? parseOid(text.slice(8)) : undefined;
    if (oid === undefined) throw this.#unexpected(text, offset);
    this.#shallow.push(oid);
  }

  #count(offset: number): void {
    if (this.#refs.length + this.#haves.length + this.#shallow.length >= this.#maxRefs) {
      throw this.malformed(`it has more than ${this.#maxRefs} refs`, offset);
    }
  }

  #unexpected(text: string, offset: number): GitWsError {
    return this.malformed(`${quoteText(text)} has no place here`, offset);
  }
}
