/** A text with the numbers of its lines, and in colours when they have come. */
import { memo } from './memo.js';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Piece } from '../text/highlight.js';

type Line = readonly Piece[];

/** Lines that are shown at once, the rest when it is asked for. */
const step = 2_000;
/** Characters of one line. */
const maxLine = 4_000;
/** Text that is longer has no colours, in characters. */
const maxColoured = 250_000;
/** Lines that a browser lays out together. */
const together = 100;

export function Code(props: {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly [number, number] | undefined;
  readonly onLines: (lines: readonly [number, number]) => void;
}) {
  const { path, text, lines: marked, onLines } = props;
  const plain = useMemo(() => plainLines(text), [text]);
  const [coloured, setColoured] = useState<{ of: string; lines: readonly Line[] }>();
  const [count, setCount] = useState(step);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isOver = false;
    if (text.length > maxColoured) return;
    const colour = async (): Promise<void> => {
      const { highlight, languageOf } = await import('../text/highlight.js');
      const language = languageOf(path);
      const lines = language === undefined ? undefined : highlight(text, language);
      if (lines !== undefined && !isOver) setColoured({ of: text, lines });
    };
    // It can be read without.
    colour().catch(() => undefined);
    return () => {
      isOver = true;
    };
  }, [text, path]);
  const lines = coloured?.of === text ? coloured.lines : plain;
  // A text that ends its last line has no line after it.
  const total = text.endsWith('\n') ? plain.length - 1 : plain.length;
  const [first = 0, last = first] = marked ?? [];
  const shown = Math.min(total, Math.max(count, last + 50));
  useEffect(() => {
    if (first > 0) root.current?.querySelector('.line.marked')?.scrollIntoView({ block: 'center' });
  }, [first, text]);
  const onClick = (event: MouseEvent): void => {
    const target = (event.target as Element).closest('[data-number]');
    const number = Number(target?.getAttribute('data-number'));
    if (!(number > 0)) return;
    const isRange = event.shiftKey && first > 0;
    onLines(isRange ? [Math.min(first, number), Math.max(first, number)] : [number, number]);
  };
  return (
    <>
      <div
        class="code"
        part="code"
        ref={root}
        tabIndex={0}
        role="region"
        aria-label={`The text of ${path}`}
        onClick={onClick}
        style={{ '--own-digits': `${String(total).length}` }}
      >
        {blocks(shown).map((from) => (
          <Block
            key={from}
            {...{ from, first, last }}
            lines={lines}
            to={Math.min(shown, from + together)}
          />
        ))}
      </div>
      {total > shown && (
        <button type="button" class="more" onClick={() => setCount(shown + 5 * step)}>
          Show more: {shown.toLocaleString('en')} of {total.toLocaleString('en')} lines are here
        </button>
      )}
    </>
  );
}

const blocks = (count: number): number[] =>
  Array.from({ length: Math.ceil(count / together) }, (_, index) => index * together);

interface BlockProps {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Line[];
  readonly first: number;
  readonly last: number;
}

const Block = memo(function Block({ from, to, lines, first, last }: BlockProps) {
  return (
    <div class="block">
      {lines.slice(from, to).map((line, index) => {
        const number = from + index + 1;
        const isMarked = number >= first && number <= last;
        return (
          <div class={isMarked ? 'line marked' : 'line'} key={number}>
            <span class="number" data-number={number} aria-hidden="true" />
            <span class="words">
              {line.map(({ text, name }, at) =>
                name === '' ? (
                  text
                ) : (
                  <span key={at} class={name}>
                    {text}
                  </span>
                ),
              )}
              {'\n'}
            </span>
          </div>
        );
      })}
    </div>
  );
});

function plainLines(text: string): readonly Line[] {
  return text.split('\n').map((line) => {
    if (line.length <= maxLine) return [{ text: line, name: '' }];
    return [
      { text: `${line.slice(0, maxLine)} … ${line.length - maxLine} characters more`, name: '' },
    ];
  });
}
