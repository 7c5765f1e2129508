/** What a repository's refs are, in few words: to see whether two have the same. */
import { createHash } from 'node:crypto';
import type { AdvertisedRef, RefAdvertisement } from '../../../src/wire/v0/advertisement.js';
import type { ListedRef } from '../../../src/wire/v2/ls-refs.js';

/** Where HEAD is. */
export type Head =
  /** On a branch, which need not exist. */
  | { readonly target: string }
  /** On a commit. */
  | { readonly oid: string };

/** All refs of a repository at one moment. */
export interface RefState {
  /** Of every name below refs/ and its object. */
  readonly digest: string;
  /** Undefined where nothing was said of it. */
  readonly head: Head | undefined;
}

/** What `ls-refs` has listed, with symrefs. */
export function listedState(refs: readonly ListedRef[]): RefState {
  const head = refs.find(({ name }) => name === 'HEAD');
  return stateOf(refs, head && headOf(head.symrefTarget, head.oid));
}

/** What upload-pack of version 0 or 1 says first. */
export function advertisedState({ refs, symrefs }: RefAdvertisement): RefState {
  const head = refs.find(({ name }) => name === 'HEAD');
  return stateOf(refs, headOf(symrefs.get('HEAD'), head?.oid));
}

/** @param lines `NAME OID`, one a ref. @param head what HEAD says. */
export function mirrorState(lines: readonly string[], head: Head): RefState {
  return { digest: digestOf(lines), head };
}

/** Whether a mirror is as its upstream says that it is itself. */
export function isUpToDate(mirror: RefState, upstream: RefState): boolean {
  if (mirror.digest !== upstream.digest) return false;
  return upstream.head === undefined || isSameHead(mirror.head, upstream.head);
}

function isSameHead(one: Head | undefined, other: Head): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function stateOf(
  refs: readonly Pick<AdvertisedRef | ListedRef, 'name' | 'oid'>[],
  head: Head | undefined,
): RefState {
  const listed = refs.filter(({ name, oid }) => name !== 'HEAD' && oid !== undefined);
  return { digest: digestOf(listed.map(({ name, oid }) => `${name} ${oid}`)), head };
}

function headOf(target: string | undefined, oid: string | undefined): Head | undefined {
  if (target !== undefined) return { target };
  return oid === undefined ? undefined : { oid };
}

/** In any order: not every server sorts them as git does. There may be many, and mostly they are. */
function digestOf(lines: readonly string[]): string {
  const hash = createHash('sha256');
  const isSorted = lines.every((line, index) => index === 0 || (lines[index - 1] ?? '') <= line);
  for (const line of isSorted ? lines : [...lines].sort()) hash.update(line).update('\n');
  return hash.digest('base64');
}
