/**
 * A history as data: commits that say what they change, turned into whole snapshots and into a
 * stream for git fast-import. Knows nothing of what the sample repository is about.
 */

/** A file as git's tree stores it. */
export interface Entry {
  readonly mode: '100644' | '100755' | '120000';
  readonly content: Uint8Array;
}

/** What a commit does to one path: a whole entry, an edit of the text there, or its removal. */
export type Change = Entry | ((text: string) => string) | null;

/** One commit. `on` and `merge` name branches; the first commit of a branch says `from`. */
export interface Commit {
  readonly on: string;
  /** Name of the branch this one starts at; only for a branch's first commit. */
  readonly from?: string;
  /** Name of a branch whose changes since it left `on` are taken over. */
  readonly merge?: string;
  readonly author: Person;
  /** ISO 8601 with an offset: `2025-02-10T09:12:00+01:00`. */
  readonly when: string;
  readonly message: string;
  readonly changes?: Readonly<Record<string, Change>>;
  /** Tags put on this commit: annotated where there is a message, else lightweight. */
  readonly tags?: readonly { readonly name: string; readonly message?: string }[];
}

/** An author, who is the committer as well. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

type Snapshot = ReadonlyMap<string, Entry>;

interface Branch {
  readonly mark: number;
  readonly files: Snapshot;
  /** The files where this branch started, for a merge. */
  readonly base: Snapshot;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text file. */
export function text(content: string): Entry {
  return { mode: '100644', content: encoder.encode(content) };
}

/** A text file that may be run. */
export function executable(content: string): Entry {
  return { mode: '100755', content: encoder.encode(content) };
}

/** A symbolic link. */
export function link(target: string): Entry {
  return { mode: '120000', content: encoder.encode(target) };
}

/** A file of bytes. */
export function binary(content: Uint8Array): Entry {
  return { mode: '100644', content };
}

/**
 * An edit that fails loudly where its text is missing or stands there twice.
 *
 * @param pairs what to replace, and with what, in order.
 */
export function replace(...pairs: readonly (readonly [string, string])[]): Change {
  return (before) =>
    pairs.reduce((whole, [old, fresh]) => {
      if (whole.split(old).length !== 2) throw new Error(`The text is not there once: ${old}`);
      return whole.replace(old, () => fresh);
    }, before);
}

/** An edit that adds to the end. */
export function append(addition: string): Change {
  return (before) => before + addition;
}

/**
 * @param commits in the order in which they were made.
 * @param keep the branches that get a ref; others live on only in what merged them.
 * @returns input for `git fast-import`.
 */
export function formatFastImport(commits: readonly Commit[], keep: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const write = (line: string): void => void parts.push(encoder.encode(`${line}\n`));
  const writeData = (content: Uint8Array): void => {
    write(`data ${content.length}`);
    parts.push(content, encoder.encode('\n'));
  };
  const branches = new Map<string, Branch>();
  for (const [index, commit] of commits.entries()) {
    const mark = index + 1;
    const parent = branches.get(commit.from ?? commit.on);
    const merged = commit.merge === undefined ? undefined : branchNamed(branches, commit.merge);
    const changes = resolveChanges(commit, parent?.files ?? new Map<string, Entry>(), merged);
    const signature = `${commit.author.name} <${commit.author.email}> ${formatDate(commit.when)}`;
    // One ref for all of them: each names its parent, and the resets at the end set the branches.
    write('commit refs/heads/main');
    write(`mark :${mark}`);
    write(`author ${signature}`);
    write(`committer ${signature}`);
    writeData(encoder.encode(`${commit.message}\n`));
    if (parent !== undefined) write(`from :${parent.mark}`);
    if (merged !== undefined) write(`merge :${merged.mark}`);
    for (const [path, entry] of changes) {
      if (entry === null) {
        write(`D ${path}`);
        continue;
      }
      write(`M ${entry.mode} inline ${path}`);
      writeData(entry.content);
    }
    for (const tag of commit.tags ?? []) {
      if (tag.message === undefined) {
        write(`reset refs/tags/${tag.name}\nfrom :${mark}\n`);
        continue;
      }
      write(`tag ${tag.name}\nfrom :${mark}\ntagger ${signature}`);
      writeData(encoder.encode(`${tag.message}\n`));
    }
    const files = new Map(parent?.files);
    for (const [path, entry] of changes) {
      if (entry === null) files.delete(path);
      else files.set(path, entry);
    }
    const isNew = commit.from !== undefined || parent === undefined;
    branches.set(commit.on, { mark, files, base: isNew ? (parent?.files ?? files) : parent.base });
  }
  for (const name of keep) {
    write(`reset refs/heads/${name}\nfrom :${branchNamed(branches, name).mark}\n`);
  }
  write('done');
  return Buffer.concat(parts);
}

function resolveChanges(
  commit: Commit,
  files: Snapshot,
  merged: Branch | undefined,
): Map<string, Entry | null> {
  const changes = new Map<string, Entry | null>();
  if (merged !== undefined) {
    for (const [path, entry] of merged.files) {
      if (merged.base.get(path) !== entry) changes.set(path, entry);
    }
  }
  for (const [path, change] of Object.entries(commit.changes ?? {})) {
    if (typeof change !== 'function') {
      changes.set(path, change);
      continue;
    }
    const before = changes.get(path) ?? files.get(path);
    if (before === undefined) throw new Error(`${commit.message}: ${path} is not there to edit.`);
    try {
      const after = change(decoder.decode(before.content));
      changes.set(path, { mode: before.mode, content: encoder.encode(after) });
    } catch (cause) {
      throw new Error(`${commit.message}: ${path} cannot be edited.`, { cause });
    }
  }
  return changes;
}

function branchNamed(branches: ReadonlyMap<string, Branch>, name: string): Branch {
  const branch = branches.get(name);
  if (branch === undefined) throw new Error(`No commit is on ${name}.`);
  return branch;
}

/** git's raw date: seconds since 1970 and the offset as `+0100`. */
function formatDate(when: string): string {
  const offset = /([+-]\d\d):(\d\d)$/.exec(when);
  if (offset === null) throw new Error(`${when} has no offset.`);
  return `${Date.parse(when) / 1000} ${offset[1]}${offset[2]}`;
}
