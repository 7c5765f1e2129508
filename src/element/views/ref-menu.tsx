/** The menu of branches and tags, asked of the server when it is opened. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { NamedRef } from '../model/repository.js';
import type { Session, State } from '../session.js';
import { Icon } from './icon.js';

/** Names that are listed: more are found by typing. */
const most = 100;

export function RefMenu({ session, state }: { readonly session: Session; readonly state: State }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { place, refs } = state;
  useEffect(() => {
    if (!isOpen) return;
    void session.loadRefs();
    const leave = (event: Event): void => {
      if (root.current && !event.composedPath().includes(root.current)) setOpen(false);
    };
    const { ownerDocument } = root.current ?? {};
    ownerDocument?.addEventListener('pointerdown', leave);
    return () => ownerDocument?.removeEventListener('pointerdown', leave);
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const kind = refs?.find(({ name }) => name === place.ref)?.kind ?? 'branch';
  const label = /^[0-9a-f]{40}$/.test(place.ref) ? place.ref.slice(0, 8) : place.ref;
  return (
    <div
      class="menu"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isOpen) close();
        if (['ArrowDown', 'ArrowUp'].includes(event.key) && isOpen) {
          event.preventDefault();
          move(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1);
        }
      }}
    >
      <button
        type="button"
        class="button menu-button"
        part="ref-button"
        ref={button}
        aria-expanded={isOpen}
        aria-label={`Version: ${label}`}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name={kind} />
        <span class="cut">{label}</span>
        <Icon name="down" />
      </button>
      {isOpen && (
        <Panel
          {...{ refs, current: place.ref }}
          onChoose={(name) => {
            close();
            if (name !== place.ref) session.go({ ref: name, path: place.path });
          }}
        />
      )}
    </div>
  );
}

/** Moves the focus through field and names. */
function move(menu: Element, step: number): void {
  const stops = [...menu.querySelectorAll<HTMLElement>('input, .menu-list button')];
  const at = stops.findIndex((stop) => stop.matches(':focus'));
  stops[(at + step + stops.length) % stops.length]?.focus();
}

function Panel(props: {
  readonly refs: readonly NamedRef[] | undefined;
  readonly current: string;
  readonly onChoose: (name: string) => void;
}) {
  const { refs, current, onChoose } = props;
  const [search, setSearch] = useState('');
  const field = useRef<HTMLInputElement>(null);
  // Before the next key: what is typed at once is meant for it.
  useLayoutEffect(() => field.current?.focus(), []);
  const found = refs?.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase())) ?? [];
  return (
    <div class="menu-list" part="menu">
      <input
        ref={field}
        class="input"
        type="search"
        aria-label="Find a branch or a tag"
        placeholder="Find a branch or a tag"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      {refs === undefined && <p class="menu-note">Asking the server…</p>}
      {refs !== undefined && found.length === 0 && (
        <p class="menu-note">There is none of this name.</p>
      )}
      {(['branch', 'tag'] as const).map((kind) => {
        const own = found.filter((ref) => ref.kind === kind);
        if (own.length === 0) return null;
        const title = kind === 'branch' ? 'Branches' : 'Tags';
        return (
          <section key={kind} aria-label={title}>
            <p class="menu-title">{title}</p>
            <ul>
              {own.slice(0, most).map(({ name }) => (
                <li key={name}>
                  <button
                    type="button"
                    aria-current={name === current ? 'true' : undefined}
                    onClick={() => onChoose(name)}
                  >
                    <Icon name={name === current ? 'check' : kind} />
                    <span class="cut">{name}</span>
                  </button>
                </li>
              ))}
            </ul>
            {own.length > most && (
              <p class="menu-note">and {own.length - most} more: type to find them.</p>
            )}
          </section>
        );
      })}
    </div>
  );
}
