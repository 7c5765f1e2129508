/** The files of a clone that is under way, and what the next one makes of those that were left. */
import type { InterruptedFetch, KeptRequest } from '../remote/fetch/kept-fetch.js';
import { temporaryName } from '../repository/new-pack.js';
import { isMissing, storeTogether, type PromiseFileSystem } from '../storage/file-system.js';
import { removeTree } from '../storage/remove-tree.js';
import { expectWhole, isThere, moveFile } from '../storage/whole-file.js';
import {
  formatRecord,
  parseProgress,
  parseRequest,
  type Progress,
  type StoredRequest,
} from './clone-record.js';

/** How far a clone was. */
export type Left =
  | { readonly phase: 'fetch'; readonly interrupted: InterruptedFetch }
  | { readonly phase: 'populated'; readonly head: string };

/** All of one git directory. */
export class CloneFiles {
  readonly folder: string;
  readonly claim: string;
  readonly #fs: PromiseFileSystem;
  readonly #gitdir: string;
  readonly #packs: string;

  constructor(fs: PromiseFileSystem, gitdir: string) {
    this.#fs = fs;
    this.#gitdir = gitdir;
    this.#packs = `${gitdir}/objects/pack`;
    this.folder = `${gitdir}/gitws-clone`;
    this.claim = `${this.folder}/claim`;
  }

  /** Stores what does not change while the pack comes. */
  async begin({ advertisement, ...request }: KeptRequest): Promise<void> {
    await this.#fs.unlink(`${this.folder}/progress`).catch(isMissing);
    await this.#fs.writeFile(`${this.folder}/advertisement`, advertisement);
    await this.#write('request', { ...request, advertised: advertisement.length });
  }

  /** Stores how far it is. */
  advance(progress: Progress): Promise<void> {
    return this.#write('progress', progress);
  }

  /** @returns how far it was; undefined where nothing of it is of any use. */
  async read(): Promise<Left | undefined> {
    const progress = await this.#readProgress();
    if (progress?.phase === 'populated') return progress;
    const request = parseRequest(await this.#readText('request'));
    const advertisement = await this.#fs.readFile(`${this.folder}/advertisement`).catch(isMissing);
    if (progress === undefined || request === undefined) return undefined;
    if (!(advertisement instanceof Uint8Array)) return undefined;
    const { advertised, ...others } = request;
    if (advertisement.length !== advertised) return undefined;
    const isPlaced = progress.phase === 'placed';
    const stored = progress.phase === 'placed' ? { packBytes: 0, skip: 0 } : progress;
    const kept = { advertisement, ...others };
    return { phase: 'fetch', interrupted: { kept, progress: stored, isPlaced } };
  }

  /** @returns whether there is a repository that somebody has used, or a clone that had come to its end. */
  async isRepository(left: Left | undefined): Promise<boolean> {
    const progress = await this.#readProgress();
    if (await isThere(this.#fs, `${this.#gitdir}/index`)) return true;
    return progress?.phase === 'populated' && left === undefined;
  }

  /**
   * Makes the directory what it was when the clone began, but for what has come and is of use.
   *
   * @returns how far the clone was, as it stands now; undefined where nothing of it is left.
   */
  async takeOver(left: Left | undefined): Promise<Left | undefined> {
    if (left?.phase === 'populated') {
      await this.#fs.unlink(`${this.#gitdir}/index.lock`).catch(isMissing);
      return left;
    }
    const taken = left && (await this.#takePack(left.interrupted));
    if (taken === undefined) {
      await this.clear();
      return undefined;
    }
    await removeBut(this.#fs, this.#gitdir, ['gitws-clone', 'objects']);
    return { phase: 'fetch', interrupted: taken };
  }

  /** Removes what has come of a pack, and what was stored of it. */
  async forget(): Promise<void> {
    await removeBut(this.#fs, this.#packs, []);
    await removeBut(this.#fs, this.folder, ['claim']);
  }

  /** Removes all of the git directory but the claim. */
  async clear(): Promise<void> {
    await removeBut(this.#fs, this.#gitdir, ['gitws-clone']);
    await removeBut(this.#fs, this.folder, ['claim']);
  }

  /** Removes the files of the clone, the claim last of all. */
  async remove(): Promise<void> {
    await storeTogether(this.#fs, async (together) => {
      await removeBut(together, this.folder, ['claim']);
      await removeTree(together, this.folder);
    });
  }

  /**
   * Gives the pack another name: where the one who wrote it lives after all, it does no harm to it.
   *
   * @returns undefined where the pack is not there.
   */
  async #takePack(interrupted: InterruptedFetch): Promise<InterruptedFetch | undefined> {
    const { kept, progress, isPlaced } = interrupted;
    const names = await this.#fs.readdir(this.#packs).catch(isMissing);
    if (names === false) return undefined;
    const placed = names.filter((name) => name.endsWith('.pack'));
    const isIndexed = names.some((name) => name.endsWith('.idx') && !name.startsWith('tmp_'));
    if (isPlaced) return placed.length === 1 && isIndexed ? interrupted : undefined;
    // It was whole, and was about to be put in its place.
    const isMoved = placed.length === 1 && progress.session === undefined;
    const name = names.includes(kept.packName) ? kept.packName : isMoved ? placed[0] : undefined;
    if (name === undefined) return undefined;
    const path = `${this.#packs}/${name}`;
    const { size } = (await this.#fs.stat(path)) as { readonly size: number };
    if (Number(size) < progress.packBytes) return undefined;
    const packName = temporaryName();
    await moveFile(this.#fs, path, `${this.#packs}/${packName}`);
    await removeBut(this.#fs, this.#packs, [packName]);
    const { advertisement, ...request } = { ...kept, packName };
    await this.#write('request', { ...request, advertised: advertisement.length });
    return { kept: { advertisement, ...request }, progress, isPlaced };
  }

  /** Whoever reads it finds it as it was before, or as it is then. */
  async #write(name: string, record: Progress | StoredRequest): Promise<void> {
    const path = `${this.folder}/${name}`;
    const bytes = formatRecord(record);
    await storeTogether(this.#fs, async (together) => {
      await together.writeFile(`${path}.new`, bytes);
      await expectWhole(together, `${path}.new`, bytes.length);
      await moveFile(together, `${path}.new`, path);
    });
  }

  async #readProgress(): Promise<Progress | undefined> {
    return parseProgress(await this.#readText('progress'));
  }

  async #readText(name: string): Promise<string> {
    const text = await this.#fs.readFile(`${this.folder}/${name}`, 'utf8').catch(isMissing);
    return text === false ? '' : String(text);
  }
}

async function removeBut(
  fs: PromiseFileSystem,
  folder: string,
  kept: readonly string[],
): Promise<void> {
  const names = await fs.readdir(folder).catch(isMissing);
  if (names === false) return;
  for (const name of names) {
    if (!kept.includes(name)) await removeTree(fs, `${folder}/${name}`);
  }
}
