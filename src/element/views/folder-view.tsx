/** A folder: its last commit, and its README, or what is in it. */
import { useState } from 'preact/hooks';
import type { TreeEntry } from '../model/objects.js';
import { nameOf } from '../../base/folders.js';
import { FileHead } from './file-head.js';
import { FileBody } from './file-body.js';
import type { OpenFile, ViewProps } from './shown.js';
import { Icon } from './icon.js';
import { ago, inFull } from './time.js';

/** Entries that are listed at once. */
const step = 200;

export function FolderView(
  props: ViewProps & {
    readonly entries: readonly TreeEntry[];
    readonly readme: OpenFile | undefined;
  },
) {
  const { session, state, commit, entries, readme } = props;
  const { path } = state.place;
  const { plain } = session.settings;
  const [count, setCount] = useState(step);
  return (
    <>
      {!plain && path === '' && (
        <p class="tip" part="tip">
          <span class="cut">
            <strong>{commit.author.name}</strong> {commit.title}
          </span>
          <time dateTime={isoOf(commit.author.time)} title={inFull(commit.author.time)}>
            {ago(commit.author.time)}
          </time>
        </p>
      )}
      {readme === undefined ? (
        <ul class="entries" aria-label={path === '' ? 'Files' : `Files in ${nameOf(path)}`}>
          {entries.length === 0 && <li class="remark">This folder is empty.</li>}
          {entries.slice(0, count).map(({ name, kind }) => (
            <li key={name}>
              <button
                type="button"
                onClick={() => session.go({ path: path === '' ? name : `${path}/${name}` })}
              >
                <Icon name={kind} />
                <span class="cut">{name}</span>
              </button>
            </li>
          ))}
          {entries.length > count && (
            <li>
              <button type="button" class="more" onClick={() => setCount(count + 1_000)}>
                Show more of {entries.length.toLocaleString('en')}
              </button>
            </li>
          )}
        </ul>
      ) : (
        <article class="sheet" part="file" aria-label={readme.entry.name}>
          <FileHead session={session} state={state} file={readme} />
          <FileBody {...props} file={readme} />
        </article>
      )}
    </>
  );
}

function isoOf(time: number): string {
  return Math.abs(time) > 8.64e15 ? '' : new Date(time).toISOString();
}
