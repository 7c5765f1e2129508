/** What one element shows and does: where it stands, the repository behind it, and what it has to say. */
import type { Emit, GitWsCredentials } from './events.js';
import { explain, isCanceled, type Failure } from './model/failure.js';
import {
  Repository,
  type Asking,
  type NamedRef,
  type Progress,
  type RepositoryListener,
  type RepositoryOptions,
  type Tip,
} from './model/repository.js';
import type { Commit, Objects } from './model/objects.js';
import { parentsOf, type Depth } from './model/history.js';
import { cleanPath, type Place } from './place.js';

/** What an element is told by its attributes. */
export interface Settings extends RepositoryOptions {
  readonly editable: boolean;
  readonly plain: boolean;
  readonly remoteImages: boolean;
  /** Undefined without permalinks; empty for those of the only element of a page. */
  readonly permalinks: string | undefined;
}

/** A question for the person. */
export interface SignInQuestion {
  readonly host: string;
  readonly isRetry: boolean;
  readonly answer: (credentials: GitWsCredentials | undefined) => void;
}

/** All that the views show. */
export interface State {
  readonly phase: 'loading' | 'ready' | 'empty' | 'failed';
  readonly place: Place;
  readonly tip: Tip | undefined;
  readonly commit: Commit | undefined;
  readonly objects: Objects | undefined;
  readonly progress: Progress | undefined;
  readonly failure: Failure | undefined;
  readonly refs: readonly NamedRef[] | undefined;
  /** Said in a bar, and to screen readers. */
  readonly notice: { readonly tone: 'good' | 'bad' | 'plain'; readonly text: string } | undefined;
  readonly question: SignInQuestion | undefined;
}

/** The page's answer to a question for credentials: see `GitRepositoryElement.onauth`. */
export type OnAuth = (
  url: string,
  details: { readonly isRetry: boolean },
) => GitWsCredentials | null | undefined | Promise<GitWsCredentials | null | undefined>;

/** What it needs of its element. */
export interface SessionHost {
  readonly emit: Emit;
  readonly onauth: () => OnAuth | null;
  readonly changed: () => void;
}

const start = { path: '', ref: '', view: 'file' } as const;

/** See above. */
export class Session {
  readonly settings: Settings;
  readonly repository: Repository;
  /** Texts that were changed and not pushed, by ref and path. */
  readonly drafts = new Map<string, string>();
  readonly #host: SessionHost;
  readonly #listener: RepositoryListener;
  readonly #end = new AbortController();
  #asking: Promise<unknown> = Promise.resolve();
  #state: State = {
    ...{ phase: 'loading', place: start, tip: undefined, commit: undefined, objects: undefined },
    ...{ progress: undefined, failure: undefined, refs: undefined, notice: undefined },
    question: undefined,
  };
  /** Raised by each opening: what an earlier one brings is late. */
  #opening = 0;

  constructor(settings: Settings, host: SessionHost) {
    this.settings = settings;
    this.#host = host;
    this.#listener = {
      onProgress: (progress) => {
        if (this.#state.phase === 'loading') this.#set({ progress });
      },
      onTip: (tip) => void this.#follow(tip),
    };
    this.repository = Repository.join(settings, this.#listener);
  }

  get state(): State {
    return this.#state;
  }

  /** Fires when the element goes away. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get host(): string {
    return URL.canParse(this.settings.url) ? new URL(this.settings.url).host : 'The server';
  }

  readonly emit: Emit = (name, detail) =>
    this.#end.signal.aborted ? true : this.#host.emit(name, detail);

  close(): void {
    this.#end.abort();
    this.#state.question?.answer(undefined);
    this.repository.leave(this.#listener);
  }

  /** What the views ask for beside the state. */
  get asking(): Asking {
    return { ask: (url, isRetry) => this.#ask(url, isRetry) };
  }

  get depth(): Depth {
    const ref = this.#state.tip?.ref ?? '';
    return {
      shallow: () => this.repository.shallow(),
      deepen: () => this.repository.deepen(ref, 100, this.asking),
    };
  }

  parentsOf(commit: Commit, objects: Objects): Promise<readonly Commit[]> {
    return parentsOf(commit, objects, this.depth);
  }

  /** Opens the repository at a place. */
  begin(place: Place): void {
    this.#set({ place: { ...place, path: cleanPath(place.path) } });
    void this.open();
  }

  /** Goes somewhere, by whom ever. */
  go(to: Partial<Place>, isOwn = true): void {
    const { place } = this.#state;
    const next: Place = {
      ...{ ref: to.ref ?? place.ref, path: cleanPath(to.path ?? place.path) },
      ...{ view: to.view ?? 'file', lines: to.lines, commit: to.commit },
    };
    this.#set({ place: next, notice: undefined });
    const isOther = next.ref !== place.ref && next.ref !== this.#state.tip?.ref;
    if (isOther || this.#state.phase === 'failed') void this.open();
    if (!isOwn) return;
    const { ref, path, view, lines, commit } = this.#state.place;
    this.emit('gitws-navigate', { ref, path, view, lines, commit });
  }

  /** Shows what is stored, at once, and then what the remote has. */
  async open(): Promise<void> {
    const opening = ++this.#opening;
    const isLate = (): boolean => opening !== this.#opening || this.#end.signal.aborted;
    const { ref } = this.#state.place;
    this.#set({ phase: 'loading', failure: undefined, progress: undefined });
    let hasShown = false;
    const show = async (tip: Tip): Promise<void> => {
      await this.#show(tip, isLate);
      hasShown = true;
    };
    try {
      const stored = await this.repository.stored(ref);
      if (isLate()) return;
      if (stored !== undefined) await show(stored);
      const tip = await this.repository.fetch(ref, this.asking);
      if (!isLate()) await show(tip);
    } catch (error) {
      if (isLate()) return;
      this.#fail(error, hasShown);
    }
  }

  /** Looks again what the remote has. */
  async refresh(): Promise<void> {
    const { place, phase } = this.#state;
    if (phase !== 'ready') return this.open();
    try {
      const tip = await this.repository.fetch(place.ref, this.asking);
      if (!this.#end.signal.aborted) await this.#show(tip, () => this.#end.signal.aborted);
    } catch (error) {
      this.#fail(error, true);
    }
  }

  async loadRefs(): Promise<void> {
    try {
      const refs = await this.repository.refs(this.asking);
      this.#set({ refs });
    } catch (error) {
      this.say('bad', this.failureOf(error).text);
    }
  }

  say(tone: 'good' | 'bad' | 'plain', text: string): void {
    this.#set({ notice: { tone, text } });
  }

  hush(): void {
    this.#set({ notice: undefined });
  }

  failureOf(error: unknown): Failure {
    return explain(error, this.host);
  }

  /** Tells the page of it. @returns what is to be shown. */
  failed(error: unknown): Failure {
    const failure = this.failureOf(error);
    this.emit('gitws-error', { error, message: `${failure.title}. ${failure.text}` });
    return failure;
  }

  async #show(tip: Tip, isLate: () => boolean): Promise<void> {
    const objects = await this.repository.objects();
    const commit = tip.oid === undefined ? undefined : await objects.commit(tip.oid);
    if (isLate()) return;
    const { place } = this.#state;
    const ref = tip.ref;
    this.#set({
      ...{ phase: commit === undefined ? 'empty' : 'ready', tip, commit, objects },
      ...{ place: { ...place, ref }, progress: undefined, failure: undefined },
    });
    if (commit === undefined) {
      this.emit('gitws-load', { src: this.settings.url, ref, oid: undefined, path: place.path });
    }
  }

  /** The ref that is shown has moved. */
  async #follow(tip: Tip): Promise<void> {
    const { tip: own, phase } = this.#state;
    if (phase !== 'ready' || own?.ref !== tip.ref || own.oid === tip.oid) return;
    await this.#show(tip, () => this.#end.signal.aborted).catch(() => undefined);
  }

  #fail(error: unknown, hasShown: boolean): void {
    if (this.#end.signal.aborted) return;
    const failure = this.failed(error);
    if (!hasShown) {
      this.#set({ phase: 'failed', failure, progress: undefined });
      return;
    }
    const text =
      failure.kind === 'offline'
        ? 'You see what was stored here: the server could not be reached.'
        : failure.text;
    if (!isCanceled(error)) this.say('plain', text);
  }

  /** One question after the other. */
  #ask(url: string, isRetry: boolean): Promise<GitWsCredentials | undefined> {
    const asked = this.#asking.then(() => this.#askNow(url, isRetry));
    this.#asking = asked.catch(() => undefined);
    return asked;
  }

  async #askNow(url: string, isRetry: boolean): Promise<GitWsCredentials | undefined> {
    if (this.#end.signal.aborted) return undefined;
    const given = await this.#host.onauth()?.(url, { isRetry });
    // `null` is the page's "no".
    if (given === null) return undefined;
    if (given !== undefined) return given;
    return new Promise((resolve) => {
      const answer = (credentials: GitWsCredentials | undefined): void => {
        this.#set({ question: undefined });
        resolve(credentials);
      };
      const isShown = this.emit('gitws-auth', { url, isRetry, respond: answer });
      if (isShown) this.#set({ question: { host: this.host, isRetry, answer } });
    });
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    if (!this.#end.signal.aborted) this.#host.changed();
  }
}
