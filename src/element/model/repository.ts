/** One repository of a page, shared by the elements that show it: its worker, its storage and its connection. */
import { withoutUser } from '../../base/url.js';
import type { WorkerGit, WorkerSource } from '../../worker/index.js';
import { Objects } from './objects.js';
import { SignIn, type AskCredentials, type AuthOptions } from './sign-in.js';

/** What makes two elements share. */
export interface RepositoryOptions {
  readonly url: string;
  /** The address of a gitws server through which it is reached; undefined where it is on one itself. */
  readonly gateway: string | undefined;
  /** Where the worker's script comes from; undefined for the one that the library brings. */
  readonly worker: WorkerSource | undefined;
}

/** A ref, and the commit that it is at. */
export interface Tip {
  readonly ref: string;
  /** Undefined for a branch without commits. */
  readonly oid: string | undefined;
}

/** A branch or a tag of the remote. */
export interface NamedRef {
  readonly name: string;
  readonly kind: 'branch' | 'tag';
}

/** Of a fetch. */
export interface Progress {
  readonly phase: string;
  readonly loaded: number;
  readonly total?: number | undefined;
}

/** What those who show it hear. */
export interface RepositoryListener {
  readonly onProgress: (progress: Progress) => void;
  /** A ref has moved, by a fetch or a push of anybody in this page. */
  readonly onTip: (tip: Tip) => void;
}

/** How a command is run. */
export interface Asking {
  readonly ask: AskCredentials;
}

const storage = 'git-repository';
const complete = 'gitws.complete';
/** Where it is written down which commit a ref of the remote was at. */
const seen = 'refs/gitws-element/';

const repositories = new Map<string, Repository>();

function keyOf({ url, gateway = '' }: Pick<RepositoryOptions, 'url' | 'gateway'>): string {
  return JSON.stringify([gateway, url]);
}

/**
 * @returns what signs in for what is missed: a worker is shared by all repositories that are reached
 *   through one gateway, or through none.
 */
function promisorOf(gateway: string | undefined): AuthOptions {
  const of = (url: string): AuthOptions => {
    const isIt = (one: Repository): boolean =>
      one.gateway === gateway && withoutUser(one.url) === url;
    const found = [...repositories.values()].find(isIt);
    // What nobody shows any more asks nobody.
    return (found?.signIn ?? new SignIn()).whereMissed;
  };
  return {
    onAuth: (url) => of(url).onAuth(url),
    onAuthFailure: (url) => of(url).onAuthFailure(url),
    onAuthSuccess: (url, given) => of(url).onAuthSuccess(url, given),
  };
}

/** See above. */
export class Repository {
  readonly url: string;
  readonly gateway: string | undefined;
  readonly signIn = new SignIn();
  readonly #worker: WorkerSource | undefined;
  readonly #listeners = new Set<RepositoryListener>();
  readonly #end = new AbortController();
  /** One fetch after the other: each moves the boundary of history. */
  #turn: Promise<unknown> = Promise.resolve();
  #starting: Promise<WorkerGit> | undefined;
  #cloning: Promise<void> | undefined;
  #objects: Objects | undefined;

  /** Joins the page's repository of that address; {@link leave} is to be called at the end. */
  static join(options: RepositoryOptions, listener: RepositoryListener): Repository {
    const key = keyOf(options);
    let found = repositories.get(key);
    if (found === undefined) {
      found = new Repository(options);
      repositories.set(key, found);
    }
    found.#listeners.add(listener);
    return found;
  }

  private constructor({ url, gateway, worker }: RepositoryOptions) {
    this.url = url;
    this.gateway = gateway;
    this.#worker = worker;
  }

  /** The last one ends what runs, and the worker where nobody else has it. */
  leave(listener: RepositoryListener): void {
    this.#listeners.delete(listener);
    // An element that is moved in its page leaves and comes back at once.
    setTimeout(() => {
      const key = keyOf(this);
      if (this.#listeners.size > 0 || repositories.get(key) !== this) return;
      repositories.delete(key);
      this.#end.abort();
      this.#starting?.then((git) => git.close()).catch(() => undefined);
    }, 0);
  }

  get dir(): string {
    // Any two addresses have folders of their own.
    return `/${encodeURIComponent(this.url).replaceAll('.', '%2E')}`;
  }

  /** @throws what `startGit` throws. */
  git(): Promise<WorkerGit> {
    return (this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    }));
  }

  async objects(): Promise<Objects> {
    return (this.#objects ??= new Objects(await this.git(), this.dir));
  }

  /**
   * @param ref empty for the default branch.
   * @returns the tip as it is stored here; undefined where it was never fetched.
   */
  async stored(ref: string): Promise<Tip | undefined> {
    const git = await this.git();
    if (!(await this.#isComplete())) return undefined;
    const name = ref || ((await this.#config('gitws.default')) ?? '');
    const oid = await git.resolveRef({ dir: this.dir, ref: seen + name }).catch(() => undefined);
    return oid === undefined ? undefined : { ref: name, oid };
  }

  /** @returns the tip as the remote has it, with all that shows it. @throws what `clone` and `fetch` throw. */
  async fetch(ref: string, { ask }: Asking): Promise<Tip> {
    await this.git();
    if (await this.#isComplete()) return this.#inTurn(() => this.#fetch(ref, ask));
    const isFirst = this.#cloning === undefined;
    await (this.#cloning ??= this.#inTurn(() => this.#clone(ref, ask)).finally(() => {
      this.#cloning = undefined;
    }));
    const tip = isFirst ? await this.stored(ref) : undefined;
    if (tip !== undefined) return tip;
    const unborn = await this.#unborn(ref);
    return unborn ?? this.#inTurn(() => this.#fetch(ref, ask));
  }

  /** Gets more of history. @returns whether there was more. */
  async deepen(ref: string, depth: number, { ask }: Asking): Promise<boolean> {
    return this.#inTurn(async () => {
      const before = await this.shallow();
      if (before.size === 0) return false;
      const git = await this.git();
      await git.fetch({
        ...{ ...this.#remote(ask), ...this.#one(ref), depth, relative: true },
      });
      const after = await this.shallow();
      return [...before].some((oid) => !after.has(oid));
    });
  }

  /** @returns the commits whose parents were not fetched. */
  async shallow(): Promise<ReadonlySet<string>> {
    const git = await this.git();
    const path = `${this.dir}/.git/shallow`;
    const text = await git.fs.promises.readFile(path, 'utf8').catch(() => '');
    return new Set(text.split('\n').filter((line) => line !== ''));
  }

  /** @returns the remote's branches and tags. @throws what `listServerRefs` throws. */
  async refs({ ask }: Asking): Promise<readonly NamedRef[]> {
    const git = await this.git();
    const { onAuth, onAuthFailure, onAuthSuccess } = this.signIn.options(ask);
    const found = await git.listServerRefs({
      ...{ url: this.url, onAuth, onAuthFailure, onAuthSuccess, ...this.way() },
    });
    return found.flatMap(({ ref }): NamedRef[] => {
      if (ref.startsWith('refs/heads/')) return [{ name: ref.slice(11), kind: 'branch' }];
      if (!ref.startsWith('refs/tags/') || ref.endsWith('^{}')) return [];
      return [{ name: ref.slice(10), kind: 'tag' }];
    });
  }

  /** A ref is at another commit now: whoever shows it is told. Also the door for whoever follows refs live. */
  async moved(tip: Tip): Promise<void> {
    await this.#remember(tip);
    for (const { onTip } of this.#listeners) onTip(tip);
  }

  async #start(): Promise<WorkerGit> {
    const { startGit } = await import('../../worker/index.js');
    const { gateway } = this;
    const promisor = { ...promisorOf(gateway), ...this.way() };
    const name = gateway === undefined ? storage : `${storage} ${gateway}`;
    return startGit({ storage: name, worker: this.#worker, promisor });
  }

  async #clone(ref: string, ask: AskCredentials): Promise<void> {
    const git = await this.git();
    const { dir, url } = this;
    const what = {
      ...{ dir, url, depth: 1, singleBranch: true, noTags: true, noCheckout: true },
      ...(ref === '' ? {} : { ref }),
      ...{ ...this.way(), ...this.#listening() },
    };
    await removeRemains(git, dir);
    await git.clone({ ...what, ...this.signIn.options(ask), filter: 'blob:none' });
    const path = 'remote.origin.fetch';
    await git.setConfig({ dir, path, value: '+refs/heads/*:refs/remotes/origin/*' });
    const branch = await git.currentBranch({ dir });
    const name = ref || branch || 'HEAD';
    if (ref === '') await git.setConfig({ dir, path: 'gitws.default', value: name });
    const oid = await git.resolveRef({ dir, ref: 'HEAD' }).catch(() => undefined);
    // Nothing of an empty repository is worth keeping.
    if (oid === undefined) return;
    await this.#remember({ ref: name, oid });
    await git.setConfig({ dir, path: complete, value: 'true' });
  }

  async #fetch(ref: string, ask: AskCredentials): Promise<Tip> {
    const git = await this.git();
    const known = await this.stored(ref);
    const name = known?.ref ?? ref;
    const depth = known === undefined ? { depth: 1 } : {};
    if (/^[0-9a-f]{40}$/.test(ref)) {
      const { oid } = await (await this.objects()).commit(ref);
      await this.#remember({ ref, oid });
      return { ref, oid };
    }
    const got = await git.fetch({ ...this.#remote(ask), ...this.#one(name), ...depth });
    const branch = got.defaultBranch?.replace(/^refs\/heads\//, '');
    const own = name || branch || 'HEAD';
    if (ref === '' && branch) {
      await git.setConfig({ dir: this.dir, path: 'gitws.default', value: own });
    }
    // What was just fetched has an oid.
    const { oid } = await (await this.objects()).commit(got.fetchHead ?? '');
    const tip = { ref: own, oid };
    if (oid !== known?.oid) await this.moved(tip);
    return tip;
  }

  #one(ref: string) {
    return { ...(ref === '' ? {} : { ref }), singleBranch: true, tags: false };
  }

  /** What all commands take that speak with the remote. */
  #remote(ask: AskCredentials) {
    const { dir } = this;
    const signIn = this.signIn.options(ask);
    return { dir, remote: 'origin', ...signIn, ...this.way(), ...this.#listening() };
  }

  /** How commands reach the remote. */
  way(): { readonly gateway?: string } {
    return this.gateway === undefined ? {} : { gateway: this.gateway };
  }

  #listening() {
    return {
      signal: this.#end.signal,
      onProgress: (progress: Progress): void => {
        for (const { onProgress } of this.#listeners) onProgress(progress);
      },
    };
  }

  async #isComplete(): Promise<boolean> {
    return (await this.#config(complete)) !== undefined;
  }

  async #config(path: string): Promise<string | undefined> {
    const git = await this.git();
    const { dir } = this;
    const value: unknown = await git.getConfig({ dir, path }).catch(() => undefined);
    return typeof value === 'string' ? value : undefined;
  }

  /** @returns a branch that has no commits, where the clone has found one. */
  async #unborn(ref: string): Promise<Tip | undefined> {
    if (await this.#isComplete()) return undefined;
    const git = await this.git();
    const branch = await git.currentBranch({ dir: this.dir }).catch(() => undefined);
    return { ref: branch || ref, oid: undefined };
  }

  async #remember({ ref, oid }: Tip): Promise<void> {
    if (oid === undefined) return;
    const git = await this.git();
    await git.writeRef({ dir: this.dir, ref: seen + ref, value: oid, force: true });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/** Of a clone that a closed page has left half. */
async function removeRemains(git: WorkerGit, dir: string): Promise<void> {
  const { promises } = git.fs;
  const remove = async (path: string): Promise<void> => {
    const found = await promises.lstat(path).catch(() => undefined);
    if (found === undefined) return;
    if (!found.isDirectory()) return promises.unlink(path);
    for (const name of await promises.readdir(path)) await remove(`${path}/${name}`);
    await promises.rmdir(path);
  };
  await remove(dir);
}
