/** The commits of the repository, or those that changed one path. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { History, type HistoryPage } from '../model/history.js';
import type { Commit } from '../model/objects.js';
import { isCanceled, type Failure } from '../model/failure.js';
import type { ViewProps } from './shown.js';
import { Failed, Skeleton } from './states.js';
import { ago, inFull } from './time.js';

/** Commits of one page. */
const step = 40;

interface Shown {
  readonly commits: readonly Commit[];
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly failure?: Failure;
}

const nothing: Shown = { commits: [], hasMore: false, isLoading: true };

export function HistoryView({ session, state, commit, objects }: ViewProps) {
  const { path } = state.place;
  const [shown, setShown] = useState(nothing);
  const history = useRef<History>(undefined);
  const signal = useRef<AbortSignal>(undefined);
  const load = async (own: AbortSignal): Promise<void> => {
    setShown((before) => ({ ...before, isLoading: true }));
    try {
      const page: HistoryPage | undefined = await history.current?.next(step, own);
      if (own.aborted || page === undefined) return;
      setShown(({ commits }) => {
        return { commits: [...commits, ...page.commits], hasMore: page.hasMore, isLoading: false };
      });
    } catch (error) {
      if (own.aborted || isCanceled(error)) return;
      setShown((before) => ({ ...before, isLoading: false, failure: session.failed(error) }));
    }
  };
  const begin = (): AbortController => {
    const controller = new AbortController();
    signal.current = controller.signal;
    history.current = new History(objects, session.depth, commit.oid, path);
    setShown(nothing);
    void load(controller.signal);
    return controller;
  };
  useEffect(() => {
    const controller = begin();
    return () => controller.abort();
  }, [commit.oid, path]);
  const { commits, hasMore, isLoading, failure } = shown;
  return (
    <section class="sheet" part="history" aria-label="Commits">
      <header class="file-head">
        <span class="file-name">
          <strong class="cut">{path === '' ? 'Commits' : `Commits of ${path}`}</strong>
        </span>
        <span class="spacer" />
        <button type="button" class="button" onClick={() => session.go({ path })}>
          {path === '' ? 'Back to the files' : 'Back to the file'}
        </button>
      </header>
      <ol class="commits">
        {commits.map((one) => (
          <li key={one.oid}>
            <button
              type="button"
              class="commit"
              onClick={() => session.go({ path, view: 'commit', commit: one.oid })}
            >
              <span class="commit-title">{one.title || 'Without a message'}</span>
              <span class="commit-by">
                {one.author.name} ·{' '}
                <span title={inFull(one.author.time)}>{ago(one.author.time)}</span>
              </span>
              <code class="oid">{one.oid.slice(0, 8)}</code>
            </button>
          </li>
        ))}
      </ol>
      {isLoading && <Skeleton />}
      {failure !== undefined && <Failed failure={failure} again={begin} />}
      {!isLoading && failure === undefined && commits.length === 0 && !hasMore && (
        <p class="remark">No commit has changed this path.</p>
      )}
      {hasMore && !isLoading && (
        <button
          type="button"
          class="more"
          onClick={() => signal.current && void load(signal.current)}
        >
          Show older ones
        </button>
      )}
    </section>
  );
}
