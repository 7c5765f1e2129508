/** The element itself: attributes and properties in, events out. */
import { scpAddress } from '../base/url.js';
import type { WorkerSource } from '../worker/index.js';
import type { GitWsElementEvents } from './events.js';
import { formatFragment, parseFragment, type Place, type View } from './place.js';
import { Session, type OnAuth, type Settings } from './session.js';
import { adoptStyles } from './styles.js';
import { draw } from './views/draw.js';

/** Where there are no elements, the module can be loaded all the same. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** `<git-repository>`: a repository in a page. See docs/element.md. */
export class GitRepositoryElement extends Base {
  /** @internal The browser's. */
  static readonly observedAttributes: readonly string[] = [
    ...['src', 'ref', 'path', 'editable', 'permalinks', 'plain', 'remote-images'],
    ...['worker', 'gateway'],
  ];

  /** Asked for credentials before anybody else is; `undefined` leaves it to the dialog, `null` is a no. */
  onauth: OnAuth | null = null;
  #worker: WorkerSource | undefined;
  #session: Session | undefined;
  #isScheduled = false;
  /** The attributes that have changed since the last look. */
  readonly #changed = new Set<string>();
  #unlisten: AbortController | undefined;

  /** The repository's address. */
  get src(): string {
    return this.getAttribute('src') ?? '';
  }

  set src(value: string) {
    this.setAttribute('src', value);
  }

  /** The ref that is shown, or is to be: the attribute is what it starts with. */
  get ref(): string {
    return this.#session?.state.place.ref ?? this.getAttribute('ref') ?? '';
  }

  set ref(value: string) {
    this.setAttribute('ref', value);
  }

  /** The path that is shown, or is to be: the attribute is what it starts with. */
  get path(): string {
    return this.#session?.state.place.path ?? this.getAttribute('path') ?? '';
  }

  set path(value: string) {
    this.setAttribute('path', value);
  }

  /** Whether files can be edited. */
  get editable(): boolean {
    return this.hasAttribute('editable');
  }

  set editable(value: boolean) {
    this.toggleAttribute('editable', value);
  }

  /** What is shown of the path. */
  get view(): View {
    return this.#session?.state.place.view ?? 'file';
  }

  set view(view: View) {
    this.#session?.go({ view });
  }

  /** The commit that is shown. */
  get oid(): string | undefined {
    return this.#session?.state.tip?.oid;
  }

  /** Where the worker comes from: see `startGit`. The attribute `worker` is an address. */
  get worker(): WorkerSource | undefined {
    return this.#worker ?? this.getAttribute('worker') ?? undefined;
  }

  set worker(value: WorkerSource | undefined) {
    this.#worker = value;
    this.#schedule('worker');
  }

  /** The address of a gitws server through which another host is reached; empty for none. */
  get gateway(): string {
    return this.getAttribute('gateway') ?? '';
  }

  set gateway(value: string) {
    this.setAttribute('gateway', value);
  }

  /** Goes somewhere else in the repository. */
  navigate(place: Partial<Place>): void {
    this.#session?.go(place);
  }

  /**
   * Looks what the remote has now, and shows it. Whoever learns of a push by other ways calls it; all
   * elements of the repository follow.
   */
  async refresh(): Promise<void> {
    await this.#session?.refresh();
  }

  /** @internal The browser's. */
  connectedCallback(): void {
    if (this.shadowRoot === null) adoptStyles(this.attachShadow({ mode: 'open' }));
    this.#unlisten = new AbortController();
    const { signal } = this.#unlisten;
    globalThis.addEventListener('hashchange', () => this.#followAddress(), { signal });
    globalThis.addEventListener('online', () => void this.#comeBack(), { signal });
    globalThis.addEventListener('beforeunload', (event) => this.#hold(event), { signal });
    this.#schedule('src');
  }

  /** @internal The browser's. */
  disconnectedCallback(): void {
    this.#unlisten?.abort();
    // Moved in its page, it comes back at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.#end();
    });
  }

  /** @internal The browser's. */
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before !== after) this.#schedule(name);
  }

  /** Attributes that are changed together count together. */
  #schedule(name: string): void {
    this.#changed.add(name);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      const changed = new Set(this.#changed);
      this.#changed.clear();
      if (this.isConnected) this.#update(changed);
    });
  }

  #update(changed: ReadonlySet<string>): void {
    const has = (...names: string[]): boolean => names.some((name) => changed.has(name));
    const settings = this.#settings();
    const current = this.#session;
    if (current?.settings.url !== settings.url || has('worker', 'gateway')) {
      this.#begin(settings);
      return;
    }
    if (has('editable', 'plain', 'remote-images', 'permalinks')) {
      Object.assign(current.settings, settings);
      this.#draw();
    }
    if (!has('ref', 'path')) return;
    const to = {
      ...(has('ref') ? { ref: this.getAttribute('ref') ?? '' } : {}),
      ...(has('path') ? { path: this.getAttribute('path') ?? '' } : {}),
    };
    current.go(to, false);
  }

  #begin(settings: Settings): void {
    this.#end();
    if (settings.url === '') return;
    const session = new Session(settings, {
      emit: (name, detail) => this.#emit(name, detail),
      onauth: () => this.onauth,
      changed: () => this.#draw(),
    });
    this.#session = session;
    session.begin({ ...this.#start(), ...this.#fromAddress() });
  }

  #end(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    session.close();
    this.#draw();
  }

  #draw(): void {
    if (this.shadowRoot !== null) draw(this.shadowRoot, this.#session);
  }

  #settings(): Settings {
    const src = this.src.trim();
    // A relative address is one of the page's own server.
    const base = this.ownerDocument.baseURI;
    const url = src === '' ? '' : absolute(src, base);
    const given = this.gateway.trim();
    const gateway = given === '' ? undefined : absolute(given, base);
    return {
      ...{ url, gateway, worker: this.worker, editable: this.editable },
      plain: this.hasAttribute('plain'),
      remoteImages: this.hasAttribute('remote-images'),
      permalinks: this.getAttribute('permalinks') ?? undefined,
    };
  }

  #emit<Name extends keyof GitWsElementEvents>(
    name: Name,
    detail: GitWsElementEvents[Name]['detail'],
  ): boolean {
    const cancelable = name === 'gitws-auth';
    const event = new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable });
    const isLeft = this.dispatchEvent(event);
    if (name === 'gitws-navigate') this.#writeAddress();
    return isLeft;
  }

  /** Where the attributes say that it begins. */
  #start(): Place {
    const [ref, path] = [this.getAttribute('ref') ?? '', this.getAttribute('path') ?? ''];
    return { ref, path, view: 'file' };
  }

  #fromAddress(): Place | undefined {
    const { permalinks } = this.#settings();
    if (permalinks === undefined) return undefined;
    const { hash } = globalThis.location;
    // Back to where the page began.
    if (hash === '') return this.#start();
    return parseFragment(hash, permalinks);
  }

  #followAddress(): void {
    const place = this.#fromAddress();
    if (place !== undefined) this.#session?.go(place, false);
  }

  #writeAddress(): void {
    const session = this.#session;
    if (session?.settings.permalinks === undefined) return;
    const fragment = `#${formatFragment(session.state.place, session.settings.permalinks)}`;
    // No `hashchange` comes of it.
    if (fragment !== globalThis.location.hash) globalThis.history.pushState(null, '', fragment);
  }

  async #comeBack(): Promise<void> {
    const { failure, notice } = this.#session?.state ?? {};
    if (failure?.kind === 'offline' || notice?.tone === 'plain') await this.refresh();
  }

  /** Asks before a page is left with words that are nowhere else. */
  #hold(event: BeforeUnloadEvent): void {
    if ((this.#session?.drafts.size ?? 0) > 0) event.preventDefault();
  }
}

function absolute(src: string, base: string): string {
  // What is over ssh is no path of the page's server.
  return scpAddress(src) !== undefined || !URL.canParse(src, base) ? src : new URL(src, base).href;
}
