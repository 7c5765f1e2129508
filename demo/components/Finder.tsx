/** A line to type into, and what is found of it: files by their names, or lines by their words. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount } from '../format.js';
import { openFile, openLine } from '../state/files.js';
import { beginToFind, endFinding, finding, findingState, found, wanted } from '../state/find.js';
import { Icon } from './icons.js';

type Item = (typeof found.value)[number];

export function Finder() {
  return finding.value === undefined ? null : <Opened />;
}

function Opened() {
  const frame = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const current = useSignal(0);
  const what = finding.value;
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
          aria-label={what === 'text' ? 'Words in files' : 'Name of a file'}
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={items.length === 0 ? undefined : `found-${at}`}
          autocomplete="off"
          spellcheck={false}
          placeholder={what === 'text' ? 'Find words in all files' : 'Find a file by its name'}
          value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div class="file-views" role="group" aria-label="Where to look">
          <button type="button" aria-pressed={what === 'files'} onClick={() => look('files')}>
            Names
          </button>
          <button type="button" aria-pressed={what === 'text'} onClick={() => look('text')}>
            Words
          </button>
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

  function look(where: 'files' | 'text'): void {
    beginToFind(where);
    field.current?.focus();
  }
}

function Row(props: { readonly item: Item; readonly index: number; readonly isCurrent: boolean }) {
  const { item, index, isCurrent } = props;
  return (
    <li id={`found-${index}`} role="option" aria-selected={isCurrent} onClick={() => choose(item)}>
      {'line' in item ? (
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
  void ('line' in item ? openLine(item.path, item.line) : openFile(item.path));
}

function keyOf(item: Item): string {
  return 'line' in item ? `${item.path}:${item.line}` : item.path;
}

function summary(count: number): string {
  if (findingState.value === 'looking') return `${formatCount(count, 'place')} so far…`;
  if (findingState.value === 'cut') return `The first ${count}. Type more to see others.`;
  if (wanted.value.trim() === '' && finding.value === 'text') return 'Ctrl+Shift+F finds words.';
  return formatCount(count, finding.value === 'text' ? 'place' : 'file');
}
