/** A file that is to be resolved: what clashes in it, and the ways to say what becomes of it. */
import type { EditorView } from '@codemirror/view';
import { useEffect, useRef, useState } from 'preact/hooks';
import { stepConflict, takeAll } from '../editor/conflicts.js';
import { formatCount } from '../format.js';
import { sideNames } from '../state/merging.js';
import { attempt } from '../state/perform.js';
import { markResolved, takeWhole } from '../state/resolve.js';
import { repository, unmerged } from '../state/session.js';
import type { Side, Sides, Taken } from '../worker/conflicts.js';
import type { FileContent } from '../worker/files.js';
import { IconButton } from './controls.js';
import { Editor } from './Editor.js';
import { focusMergeBar } from './MergeBar.js';
import { Content } from './Viewers.js';

interface ConflictProps {
  readonly path: string;
  readonly sides: Sides;
  /** undefined where there is no such file, or it cannot be read. */
  readonly content: FileContent | undefined;
}

/**
 * @param isRead whether it is known what there is. Until then there are no buttons: another one might come under the
 *   pointer of who presses one.
 */
export function Conflict({ isRead, ...props }: ConflictProps & { readonly isRead: boolean }) {
  const { sides, content } = props;
  if (!isRead) return <div class="conflict" aria-busy="true" />;
  const isText = content?.kind === 'text' && isFile(sides.ours) && isFile(sides.theirs);
  return isText ? <TextConflict {...props} content={content} /> : <WholeConflict {...props} />;
}

function isFile(side: Sides[Side]): boolean {
  return side?.mode.startsWith('100') === true;
}

type Text = Extract<FileContent, { kind: 'text' }>;

/** Each place is decided upon in the editor, or edited by hand. */
function TextConflict({ path, content }: ConflictProps & { readonly content: Text }) {
  const view = useRef<EditorView | undefined>(undefined);
  // Not known before the editor has told.
  const [count, setCount] = useState<number>();
  const names = sideNames.value;
  const step = (by: 1 | -1): void => {
    if (view.current !== undefined) stepConflict(view.current, by);
  };
  const all = (side: Side): void => {
    if (view.current !== undefined) takeAll(view.current, side);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'F8' || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  };
  return (
    <div class="conflict" onKeyDown={onKeyDown}>
      <div class="conflict-bar" role="group" aria-label={`Conflicts in ${path}`}>
        <p class="conflict-count" role="status">
          {count === 0 && 'No conflict is left'}
          {count !== undefined && count > 0 && formatCount(count, 'conflict')}
        </p>
        {count !== undefined && count > 0 && (
          <>
            <IconButton icon="up" label="Previous conflict (Shift+F8)" onClick={() => step(-1)} />
            <IconButton icon="down" label="Next conflict (F8)" onClick={() => step(1)} />
          </>
        )}
        <div class="conflict-ways">
          {count !== undefined && count > 1 && (
            <>
              <button type="button" class="button" onClick={() => all('ours')}>
                Use ours for all
              </button>
              <button type="button" class="button" onClick={() => all('theirs')}>
                Use theirs for all
              </button>
            </>
          )}
          <Resolving label="Mark as resolved" isMain={count === 0} run={() => markResolved(path)} />
        </div>
      </div>
      <div class="conflict-body">
        <Editor
          path={path}
          content={content}
          original={undefined}
          conflict={{ names, onCount: setCount, onView: (shown) => (view.current = shown) }}
        />
      </div>
    </div>
  );
}

/** One side is taken as it is, or nothing. A text that one side has deleted can be edited all the same. */
function WholeConflict({ path, sides, content }: ConflictProps) {
  const names = sideNames.value;
  const isKeptHere = content?.kind === 'text' && (sides.ours ?? sides.theirs) !== undefined;
  const isOneSided = sides.ours === undefined || sides.theirs === undefined;
  const take = (taken: Taken) => () => takeWhole(path, taken);
  const choose = (side: Side) => {
    if (sides[side] === undefined) return null;
    const word = side === 'ours' ? 'Use ours' : 'Use theirs';
    return <Resolving label={word} name={names[side]} run={take(side)} />;
  };
  return (
    <div class="conflict">
      <div class="conflict-bar" role="group" aria-label={`The conflict of ${path}`}>
        <p class="conflict-count">{describe(sides, names)}</p>
        <div class="conflict-ways">
          {isOneSided && isKeptHere ? (
            <Resolving label="Keep it" isMain run={() => markResolved(path)} />
          ) : (
            <>
              {choose('ours')}
              {choose('theirs')}
            </>
          )}
          <Resolving label="Delete it" run={take('nothing')} />
        </div>
      </div>
      <div class="conflict-body">
        {content?.kind === 'text' && isOneSided ? (
          <Editor path={path} content={content} original={undefined} />
        ) : (
          <BothSides path={path} />
        )}
      </div>
    </div>
  );
}

interface ResolvingProps {
  readonly label: string;
  readonly name?: string;
  readonly isMain?: boolean;
  readonly run: () => Promise<boolean>;
}

/** A button that goes away with what it does: the focus goes to what is next. */
function Resolving({ label, name, isMain = false, run }: ResolvingProps) {
  const resolve = async (): Promise<void> => {
    if (await run()) focusMergeBar();
  };
  return (
    <button
      type="button"
      class={isMain ? 'button primary' : 'button'}
      onClick={() => void resolve()}
    >
      {label}
      {name !== undefined && <span class="conflict-name">{name}</span>}
    </button>
  );
}

function describe({ ours, theirs }: Sides, names: Record<Side, string>): string {
  if (ours === undefined && theirs === undefined) return 'Both sides deleted it.';
  if (unmerged.value !== undefined && (ours === undefined || theirs === undefined)) {
    return ours === undefined
      ? `It is deleted here, and ${names.theirs} has changed it.`
      : `It is changed here, and ${names.theirs} has deleted it.`;
  }
  if (ours === undefined)
    return `${names.ours} has deleted it, and ${names.theirs} has changed it.`;
  if (theirs === undefined)
    return `${names.ours} has changed it, and ${names.theirs} has deleted it.`;
  return 'Both sides changed it. It cannot be merged line by line: one side is taken whole.';
}

type BothContents = Readonly<Record<Side, FileContent | undefined>>;

function BothSides({ path }: { readonly path: string }) {
  const [contents, setContents] = useState<BothContents>();
  useEffect(() => {
    const open = repository.value;
    let isWanted = true;
    setContents(undefined);
    if (open !== undefined) {
      void attempt(() => open.git.readSides({ dir: open.dir, path })).then((found) => {
        if (isWanted) setContents(found);
      });
    }
    return () => (isWanted = false);
  }, [path]);
  if (contents === undefined) return null;
  const names = sideNames.value;
  return (
    // What scrolls has to be scrolled with the keyboard, too.
    <div class="compare-others" role="group" aria-label="Both sides" tabIndex={0}>
      {(['ours', 'theirs'] as const).map((side) => (
        <section key={side} aria-label={`${side}: ${names[side]}`}>
          <h3>
            {side === 'ours' ? 'Ours' : 'Theirs'}: {names[side]}
          </h3>
          <Content path={path} content={contents[side]} />
        </section>
      ))}
    </div>
  );
}
