/** A repository as one zip file, working tree and `.git`: git goes on where it is unpacked. */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { decode } from './files.js';
import type { Repository } from './repository.js';

/** The format has no more without extensions, in bytes; so has each file in it. */
const zipLimit = 0xff_ff_ff_ff;

/** How much of a file is read at once, in bytes. */
const pieceSize = 1024 * 1024;

/** How much is gathered before the browser gets it to keep, in bytes: it has a disk for it. */
const gatherSize = 8 * 1024 * 1024;

/** What is packed already. */
const packed =
  /\.(pack|png|jpe?g|gif|webp|avif|zip|gz|woff2?|mp[34]|webm)$|\/objects\/[0-9a-f]{2}\//;

/** Unix, as the upper byte of "version made by" has it (APPNOTE.TXT, 4.4.2). */
const unix = 3;

/**
 * @param options.name of the folder in it.
 * @throws RangeError for more than a zip file can hold; what `signal` fires with; what `fs` throws.
 */
export async function exportZip({
  name,
  ...repository
}: Repository & { readonly name: string }): Promise<Blob> {
  const { fs, dir, signal } = repository;
  const out = new Output();
  const zip = new Zip((error, bytes) => out.take(error, bytes));
  for await (const path of pathsBelow(repository, dir)) {
    signal.throwIfAborted();
    const inside = `${name}${path.slice(dir.length)}`;
    if (path.endsWith('/')) {
      addWhole(zip, new ZipPassThrough(inside), new Uint8Array());
      continue;
    }
    const stat = await fs.promises.lstat(path);
    const entry = packed.test(path) ? new ZipPassThrough(inside) : new ZipDeflate(inside);
    entry.os = unix;
    entry.mtime = new Date(Math.max(stat.mtimeMs, earliest));
    const isLink = stat.isSymbolicLink();
    entry.attrs = modeOf(isLink, stat.mode) * 0x1_00_00;
    if (isLink) {
      const target = decode(await fs.promises.readlink(path));
      addWhole(zip, entry, new TextEncoder().encode(target));
    } else {
      await addFile(repository, zip, entry, path, stat.size);
    }
    out.check();
  }
  zip.end();
  return out.end();
}

/** The modes that git knows: those of a storage without users are of no use elsewhere. */
function modeOf(isLink: boolean, mode: number): number {
  if (isLink) return 0o120777;
  return (mode & 0o100) === 0 ? 0o100644 : 0o100755;
}

type Entry = ZipDeflate | ZipPassThrough;

/** The format knows no time before it. */
const earliest = new Date(1980, 0, 2).getTime();

function addWhole(zip: Zip, entry: Entry, bytes: Uint8Array): void {
  zip.add(entry);
  entry.push(bytes, true);
}

async function addFile(
  { fs, signal }: Repository,
  zip: Zip,
  entry: Entry,
  path: string,
  size: number,
): Promise<void> {
  if (size > zipLimit) throw tooLarge();
  if (size <= pieceSize) {
    addWhole(zip, entry, await fs.promises.readFile(path));
    return;
  }
  zip.add(entry);
  const file = await fs.promises.open(path, 'r');
  try {
    for (let at = 0; at < size;) {
      signal.throwIfAborted();
      const piece = new Uint8Array(Math.min(pieceSize, size - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw new Error(`${path} ended before its end.`);
      at += bytesRead;
      entry.push(piece.subarray(0, bytesRead), at >= size);
    }
  } finally {
    await file.close();
  }
}

/** Files and links; a folder with nothing in it with a slash behind it: git wants some of those. */
async function* pathsBelow(repository: Repository, folder: string): AsyncGenerator<string> {
  const { promises } = repository.fs;
  const names = await promises.readdir(folder);
  if (names.length === 0) yield `${folder}/`;
  for (const name of names.sort()) {
    const path = `${folder}/${name}`;
    if ((await promises.lstat(path)).isDirectory()) yield* pathsBelow(repository, path);
    else yield path;
  }
}

/** What comes out of the zip, handed to the browser in large pieces. */
class Output {
  readonly #kept: Blob[] = [];
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #gathered = 0;
  #size = 0;
  #failure: Error | undefined;

  take(error: Error | null, bytes: Uint8Array): void {
    this.#failure ??= error ?? undefined;
    if (error !== null) return;
    this.#pieces.push(bytes as Uint8Array<ArrayBuffer>);
    this.#gathered += bytes.length;
    this.#size += bytes.length;
    if (this.#gathered >= gatherSize) this.#keep();
  }

  /** @throws what went wrong; RangeError for too much. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#size > zipLimit) throw tooLarge();
  }

  end(): Blob {
    this.check();
    this.#keep();
    return new Blob(this.#kept, { type: 'application/zip' });
  }

  #keep(): void {
    this.#kept.push(new Blob(this.#pieces));
    this.#pieces = [];
    this.#gathered = 0;
  }
}

function tooLarge(): RangeError {
  return new RangeError('A zip file holds 4 GB at most. Clone it with git, and push what is here.');
}
