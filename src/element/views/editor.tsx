/** A file's text in a field, its commit, and the push. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { contentOf, isMarkdown } from '../model/text.js';
import { hasMarks } from '../text/marks.js';
import { nameOf } from '../../base/folders.js';
import type { ViewProps } from './shown.js';
import { CommitForm } from './commit-form.js';
import { useLoaded } from './loaded.js';
import { Prose } from './prose.js';
import { Publishing, type Origin, type Outcome } from './publishing.js';
import { Failed, Skeleton, Statement } from './states.js';

export function Editor(props: ViewProps) {
  const { session, state, commit, objects } = props;
  const { path } = state.place;
  // What others push meanwhile is not taken for what one has read.
  const [start] = useState(commit);
  const loaded = useLoaded(async (): Promise<Origin | undefined> => {
    const entry = await objects.find(start.tree, path);
    if (entry?.kind !== 'file') return undefined;
    const content = contentOf(path, await objects.blob(entry.oid));
    if (content.kind !== 'text' || !content.isUtf8) return undefined;
    return { base: start.oid, text: content.text };
  }, [path]);
  const { value, error, again } = loaded;
  if (error !== undefined) return <Failed failure={session.failureOf(error)} again={again} />;
  if (!('value' in loaded)) return <Skeleton />;
  if (value === undefined) {
    return (
      <Statement icon="file" title="This cannot be edited here">
        <button type="button" class="button" onClick={() => session.go({ path })}>
          Back
        </button>
      </Statement>
    );
  }
  return <Field {...props} origin={value} />;
}

function Field(props: ViewProps & { readonly origin: Origin }) {
  const { session, state, commit, objects, origin } = props;
  const { path, ref } = state.place;
  const draft = `${ref}:${path}`;
  // A field knows one end of a line.
  const isDos = origin.text.includes('\r\n');
  const [publishing] = useState(
    () => new Publishing(session, ref, path, { ...origin, text: unix(origin.text) }),
  );
  const [text, setText] = useState(session.drafts.get(draft) ?? unix(origin.text));
  const [isPreview, setPreview] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'nothing' });
  const field = useRef<HTMLTextAreaElement>(null);
  const isChanged = text !== publishing.origin.text;
  const isBusy = outcome.kind === 'busy';
  useEffect(() => {
    if (isChanged) session.drafts.set(draft, text);
    else session.drafts.delete(draft);
  }, [text, isChanged]);
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  const publish = async (
    message: string,
    author: { readonly name: string; readonly email: string },
  ): Promise<void> => {
    setOutcome({ kind: 'busy', text: 'Committing…' });
    const end = await publishing.publish(
      { text: isDos ? text.replaceAll('\n', '\r\n') : text, message, author },
      (says) => setOutcome({ kind: 'busy', text: says }),
    );
    if (end.kind !== 'done') {
      setOutcome(end);
      return;
    }
    session.drafts.delete(draft);
    session.go({ path });
    session.say('good', `Pushed to ${ref} as ${end.oid.slice(0, 8)}.`);
  };
  const catchUp = async (): Promise<void> => {
    setOutcome({ kind: 'busy', text: 'Fetching what others have pushed…' });
    const { outcome: next, text: merged } = await publishing.catchUp(text);
    if (merged !== undefined) setText(merged);
    setOutcome(next);
  };
  return (
    <section class="sheet editor" part="editor" aria-label={`Editing ${path}`}>
      <header class="file-head">
        <span class="file-name">
          <strong class="cut">{nameOf(path)}</strong> <small>{isChanged ? 'changed' : ''}</small>
        </span>
        <span class="spacer" />
        {isMarkdown(path) && (
          <button
            type="button"
            class="button"
            aria-pressed={isPreview}
            onClick={() => setPreview(!isPreview)}
          >
            Preview
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={isBusy}
          onClick={() => {
            session.drafts.delete(draft);
            session.go({ path });
          }}
        >
          {isChanged ? 'Discard' : 'Close'}
        </button>
      </header>
      {isPreview ? (
        <Prose {...{ session, commit, objects, path, text }} />
      ) : (
        <textarea
          ref={field}
          class="text"
          part="text"
          aria-label={`The text of ${path}`}
          spellcheck={isMarkdown(path)}
          value={text}
          readOnly={isBusy}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      )}
      <CommitForm
        suggestion={`Change ${nameOf(path)}`}
        branch={ref}
        canCommit={isChanged && !hasMarks(text)}
        outcome={outcome}
        onCommit={(message, author) => void publish(message, author)}
        onCatchUp={() => void catchUp()}
      />
    </section>
  );
}

const unix = (text: string): string => text.replaceAll('\r\n', '\n');
