/** One commit: what it says, and what it changed, line by line. */
import { useState } from 'preact/hooks';
import { changesBetween, maxChanges, type Change } from '../model/changes.js';
import type { Objects, TreeEntry } from '../model/objects.js';
import { contentOf } from '../model/text.js';
import type { Hunk } from '../text/compare.js';
import type { ViewProps } from './shown.js';
import { useLoaded } from './loaded.js';
import { Failed, Skeleton } from './states.js';
import { ago, inFull } from './time.js';

/** Files whose lines are compared without being asked for. */
const opened = 20;
/** Text that is longer is not compared, in bytes. */
const maxCompared = 500_000;

export function CommitView({ session, state, objects }: ViewProps) {
  const { commit: oid = '', path } = state.place;
  const loaded = useLoaded(async () => {
    const commit = await objects.commit(oid);
    const parents = await session.parentsOf(commit, objects);
    const found = await changesBetween(objects, parents[0]?.tree, commit.tree);
    return { commit, ...found };
  }, [oid]);
  const { value, error, again } = loaded;
  if (error !== undefined) return <Failed failure={session.failureOf(error)} again={again} />;
  if (value === undefined) return <Skeleton />;
  const { commit, changes, hasMore } = value;
  const { author, parents, title, body } = commit;
  return (
    <section class="sheet" part="commit" aria-label="Commit">
      <header class="commit-head">
        <h2>{title || 'Without a message'}</h2>
        {body !== '' && <pre class="commit-body">{body}</pre>}
        <p class="commit-by">
          <strong>{author.name}</strong> {author.email !== '' && `<${author.email}>`} ·{' '}
          <span title={inFull(author.time)}>{ago(author.time)}</span> ·{' '}
          <code>{oid.slice(0, 8)}</code>
          {parents.length > 1 && ' · a merge: as its first parent sees it'}
        </p>
        <p class="actions">
          <button
            type="button"
            class="button"
            onClick={() => session.go({ path, view: 'history' })}
          >
            All commits
          </button>
          <button type="button" class="button" onClick={() => session.go({ ref: oid, path })}>
            Files at this commit
          </button>
        </p>
      </header>
      <p class="remark">
        {changes.length === 0 && 'It changes no file.'}
        {changes.length > 0 && `${changes.length} ${changes.length === 1 ? 'file' : 'files'}`}
        {hasMore && `, the first ${maxChanges} of more`}
      </p>
      {changes.map((change, index) => (
        <ChangeView key={change.path} {...{ change, objects }} isOpen={index < opened} />
      ))}
    </section>
  );
}

function ChangeView(props: {
  readonly change: Change;
  readonly objects: Objects;
  readonly isOpen: boolean;
}) {
  const { change, objects } = props;
  const [isOpen, setOpen] = useState(props.isOpen);
  return (
    <details class="change" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class={`mark ${change.kind}`}>{change.kind}</span>
        <span class="cut">
          {change.from !== undefined && `${change.from} → `}
          {change.path}
        </span>
      </summary>
      {isOpen && <Lines {...{ change, objects }} />}
    </details>
  );
}

type Compared = { readonly says: string } | { readonly hunks: readonly Hunk[] };

async function compare({ path, before, after }: Change, objects: Objects): Promise<Compared> {
  const sides = [before, after];
  if (sides.some((entry) => entry?.kind === 'submodule')) {
    const name = (entry?: TreeEntry): string => entry?.oid.slice(0, 8) ?? 'nothing';
    return { says: `The submodule is at ${name(after)}; it was at ${name(before)}.` };
  }
  if (before?.oid === after?.oid) return { says: 'The same bytes.' };
  const bytes = await Promise.all(
    sides.map(async (entry) => (entry === undefined ? new Uint8Array(0) : objects.blob(entry.oid))),
  );
  if (bytes.some(({ length }) => length > maxCompared))
    return { says: 'Too long to compare here.' };
  // Of an SVG the lines say more than two pictures.
  const texts = bytes.map((one) => contentOf(path.replace(/\.svg$/i, '.xml'), one));
  const [old, now] = texts.map((one) => (one.kind === 'text' ? one.text : undefined));
  if (old === undefined || now === undefined) return { says: 'Not a text.' };
  const { compareTexts } = await import('../text/compare.js');
  const hunks = compareTexts(old, now);
  return hunks === undefined ? { says: 'They have too little in common.' } : { hunks };
}

function Lines({ change, objects }: { readonly change: Change; readonly objects: Objects }) {
  const { value, error, again } = useLoaded(() => compare(change, objects), [change]);
  if (error !== undefined) {
    return (
      <p class="remark">
        It could not be fetched.{' '}
        <button type="button" class="text-button" onClick={again}>
          Try again
        </button>
      </p>
    );
  }
  if (value === undefined) return <Skeleton />;
  if ('says' in value) return <p class="remark">{value.says}</p>;
  const words = { '+': 'added', '-': 'removed', ' ': '' } as const;
  return (
    <div class="diff" role="region" aria-label={`Lines of ${change.path}`} tabIndex={0}>
      {value.hunks.map(({ lines }, index) => (
        <div class="hunk" key={index}>
          {lines.map(({ sign, text, before, after }, at) => (
            <div class={`diff-line ${words[sign]}`} key={at}>
              <span class="number" data-number={before ?? ''} aria-hidden="true" />
              <span class="number" data-number={after ?? ''} aria-hidden="true" />
              <span class="sign">{sign}</span>
              <span class="words">{text.slice(0, 4_000)}</span>
            </div>
          ))}
        </div>
      ))}
      {value.hunks.length === 0 && <p class="remark">No line differs.</p>}
    </div>
  );
}
