/** Small controls that are used all over the page. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icons.js';

interface IconButtonProps {
  readonly icon: IconName;
  /** What it does: read out, and shown when it is pointed at. */
  readonly label: string;
  /** Given the button. */
  readonly onClick: (button: HTMLButtonElement) => void;
  readonly disabled?: boolean;
  readonly class?: string;
}

export function IconButton({ icon, label, onClick, disabled, class: extra }: IconButtonProps) {
  return (
    <button
      type="button"
      class={`icon-button ${extra ?? ''}`}
      aria-label={label}
      title={label}
      disabled={disabled ?? false}
      onClick={(event) => onClick(event.currentTarget)}
    >
      <Icon name={icon} />
    </button>
  );
}

interface MenuProps {
  /** Said in place of what the button shows. */
  readonly label: string;
  readonly button: ComponentChildren;
  readonly class?: string;
  /** The entries; `close` puts the menu away. */
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button that opens a list of other buttons, and closes it on Escape or when it is left. */
export function Menu({ label, button, class: extra, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  // Before the next key: an arrow that is pressed at once is meant for the list.
  useLayoutEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>('.menu-list button')?.focus();
    const leave = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  }, [isOpen]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isOpen) return;
    if (event.key === 'Escape') {
      setOpen(false);
      opener.current?.focus();
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      step(root.current, event.key === 'ArrowDown' ? 1 : -1);
    }
  };
  return (
    <div class={`menu ${extra ?? ''}`} ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        class="menu-button"
        ref={opener}
        aria-label={label}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
        <Icon name="down" />
      </button>
      {isOpen && <div class="menu-list">{children(() => setOpen(false))}</div>}
    </div>
  );
}

function step(root: HTMLElement | null, by: number): void {
  const entries = [...(root?.querySelectorAll<HTMLElement>('.menu-list button') ?? [])];
  const at = entries.indexOf(document.activeElement as HTMLElement);
  entries[(at + by + entries.length) % entries.length]?.focus();
}

/** What a pane shows when it has nothing to show. */
/** Of a field for what is no prose, such as an address: nothing is put in, raised or underlined. */
export const asTyped = { autocomplete: 'off', autocapitalize: 'off', spellcheck: false } as const;

export function Empty(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}
