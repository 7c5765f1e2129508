/** A line to type into, and what is found of it: files by their names, lines by their words, or what can be done. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount } from '../format.js';
import { openFile, openLine } from '../state/files.js';
import { beginToFind, endFinding, finding, findingState, found, wanted } from '../state/find.js';
import type { Finding, Item } from '../state/find.js';
import { Icon } from './icons.js';

/** What each way to look is called. */
const ways: Readonly<Record<Finding, { button: string; field: string; hint: string }>> = {
  files: { button: 'Names', field: 'Name of a file', hint: 'Find a file by its name' },
  text: { button: 'Words', field: 'Words in files', hint: 'Find words in all files' },
  commands: { button: 'Commands', field: 'Name of a command', hint: 'Find something to do' },
};

export function Finder() {
  return finding.value === undefined ? null : <Opened what={finding.value} />;
}

function Opened({ what }: { readonly what: Finding }) {
  const frame = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const current = useSignal(0);
  const items = found.value;
  useEffect(() => {
    frame.current?.showModal();
    field.current?.select();
  }, []);
  useEffect(() => {
    current.value = 0;
  }, [wanted.value, what]);
  const at = Math.min(current.value, items.length - 1);
  useEffect(() => {
    document.getElementById(`found-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && items.length > 0) {
      event.preventDefault();
      current.value = (at + step + items.length) % items.length;
    }
    const chosen = items[at];
    if (event.key === 'Enter' && chosen !== undefined) {
      event.preventDefault();
      choose(chosen);
    }
  };
  return (
    <dialog
      class="finder"
      ref={frame}
      aria-label="Find"
      onClose={endFinding}
      // What is around it is the dialog as well.
      onClick={(event) => {
        if (event.target === frame.current) endFinding();
      }}
    >
      <div class="finder-head">
        <Icon name="search" />
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label={ways[what].field}
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={items.length === 0 ? undefined : `found-${at}`}
          autocomplete="off"
          spellcheck={false}
          placeholder={ways[what].hint}
          value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div class="file-views" role="group" aria-label="Where to look">
          {(['files', 'text', 'commands'] as const).map((way) => (
            <button type="button" key={way} aria-pressed={what === way} onClick={() => look(way)}>
              {ways[way].button}
            </button>
          ))}
        </div>
      </div>
      <ul id="found" role="listbox" aria-label="Found">
        {items.map((item, index) => (
          <Row item={item} index={index} isCurrent={index === at} key={keyOf(item)} />
        ))}
      </ul>
      <p class="finder-foot" role="status">
        {summary(items.length)}
      </p>
    </dialog>
  );

  function look(where: Finding): void {
    beginToFind(where);
    field.current?.focus();
  }
}

function Row(props: { readonly item: Item; readonly index: number; readonly isCurrent: boolean }) {
  const { item, index, isCurrent } = props;
  return (
    <li id={`found-${index}`} role="option" aria-selected={isCurrent} onClick={() => choose(item)}>
      {'label' in item ? (
        <>
          <span>{item.label}</span>
          <span class="found-place">{item.key?.says}</span>
        </>
      ) : 'line' in item ? (
        <>
          <span class="found-line">{item.text}</span>
          <span class="found-place">
            {item.path}:{item.line}
          </span>
        </>
      ) : (
        <span class="found-path">{item.path}</span>
      )}
    </li>
  );
}

function choose(item: Item): void {
  endFinding();
  if ('label' in item) item.run();
  else void ('line' in item ? openLine(item.path, item.line) : openFile(item.path));
}

function keyOf(item: Item): string {
  if ('label' in item) return item.label;
  return 'line' in item ? `${item.path}:${item.line}` : item.path;
}

function summary(count: number): string {
  if (findingState.value === 'looking') return `${formatCount(count, 'place')} so far…`;
  if (findingState.value === 'cut') return `The first ${count}. Type more to see others.`;
  if (wanted.value.trim() === '' && finding.value === 'text') return 'Ctrl+Shift+F finds words.';
  const what = { files: 'file', text: 'place', commands: 'command' } as const;
  return formatCount(count, what[finding.value ?? 'files']);
}
