/** Objects, and packs of them, that no git would make. */
import { encodePktLine } from '../../src/wire/pkt-line.js';
import { advertisement, band } from '../isomorphic/smart-bytes.js';
import { makePack, oidOf, plain } from '../pack/entries.js';

/** An object by its content. */
export interface Made {
  readonly type: 'blob' | 'tree' | 'commit' | 'tag';
  readonly content: Buffer;
  readonly oid: string;
}

function make(type: Made['type'], content: Uint8Array | string): Made {
  return { type, content: Buffer.from(content as string), oid: oidOf(type, content) };
}

export const blob = (text: string): Made => make('blob', text);

/** @param entries in the order in which they are to stand there, sorted or not. */
export function tree(...entries: readonly (readonly [mode: string, name: string, oid: string])[]) {
  const parts = entries.map(([mode, name, oid]) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  );
  return make('tree', Buffer.concat(parts));
}

const person = 'A U Thor <author@example.com> 1700000000 +0000';

export function commit(root: string, ...parents: readonly string[]): Made {
  const lines = [`tree ${root}`, ...parents.map((oid) => `parent ${oid}`)];
  return make(
    'commit',
    [...lines, `author ${person}`, `committer ${person}`, '', 'x\n'].join('\n'),
  );
}

export function tag({ oid, type }: Pick<Made, 'oid' | 'type'>): Made {
  const lines = [`object ${oid}`, `type ${type}`, 'tag x', `tagger ${person}`, '', 'x\n'];
  return make('tag', lines.join('\n'));
}

/** @param count what the pack claims to have. */
export function packOf(objects: readonly Made[], count = objects.length): Buffer {
  return makePack(
    objects.map(({ type, content }) => plain(type, content)),
    count,
  );
}

/** @returns what upload-pack says once it was asked for something. */
export function answer(pack: Uint8Array, ...before: readonly string[]): Buffer {
  const lines = before.length === 0 ? ['NAK\n'] : before;
  const said = lines.map((line) => (line === '0000' ? Buffer.from(line) : encodePktLine(line)));
  return Buffer.concat([...said, band(1, pack), Buffer.from('0000')]);
}

/** What upload-pack of a recent git can do, and a branch that HEAD is. */
export const fetchCapabilities =
  'multi_ack_detailed side-band-64k thin-pack ofs-delta shallow deepen-since deepen-not ' +
  'deepen-relative include-tag allow-tip-sha1-in-want symref=HEAD:refs/heads/main agent=git/2.39.5';

/** @returns the advertisement of a server whose HEAD and `main` are this. */
export function advertises(oid: string, more: Readonly<Record<string, string>> = {}): Uint8Array {
  return advertisement({ HEAD: oid, 'refs/heads/main': oid, ...more }, fetchCapabilities);
}

/** @returns the same for one whose HEAD is another branch. */
export function advertisesBranch(
  oid: string,
  ref: string,
  more: Readonly<Record<string, string>> = {},
): Uint8Array {
  const capabilities = fetchCapabilities.replace('refs/heads/main', ref);
  return advertisement({ HEAD: oid, [ref]: oid, ...more }, capabilities);
}
