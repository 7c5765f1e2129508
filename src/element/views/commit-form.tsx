/** Who changed what, and why: the words of a commit. */
import { useState } from 'preact/hooks';
import type { Outcome } from './publishing.js';

const kept = 'gitws-author';

interface Author {
  readonly name: string;
  readonly email: string;
}

export function CommitForm(props: {
  readonly suggestion: string;
  readonly branch: string;
  readonly canCommit: boolean;
  readonly outcome: Outcome;
  readonly onCommit: (message: string, author: Author) => void;
  readonly onCatchUp: () => void;
}) {
  const { suggestion, branch, canCommit, outcome, onCommit, onCatchUp } = props;
  const [message, setMessage] = useState('');
  const [author, setAuthor] = useState(remembered);
  const isBusy = outcome.kind === 'busy';
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!canCommit || isBusy) return;
    remember(author);
    onCommit(message.trim() || suggestion, author);
  };
  return (
    <form class="commit-form" part="commit-form" onSubmit={submit}>
      <label class="field whole">
        <span>What did you change?</span>
        <input
          class="input"
          name="message"
          placeholder={suggestion}
          value={message}
          onInput={(event) => setMessage(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Your name</span>
        <input
          class="input"
          name="name"
          autocomplete="name"
          required
          value={author.name}
          onInput={(event) => setAuthor({ ...author, name: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>Your e-mail address</span>
        <input
          class="input"
          name="email"
          type="email"
          autocomplete="email"
          required
          value={author.email}
          onInput={(event) => setAuthor({ ...author, email: event.currentTarget.value })}
        />
      </label>
      <div class="whole" role="status">
        <Says outcome={outcome} />
      </div>
      <p class="actions whole">
        {outcome.kind === 'behind' && (
          <button type="button" class="button primary" onClick={onCatchUp}>
            Get the new version
          </button>
        )}
        <button
          type="submit"
          class={outcome.kind === 'behind' ? 'button' : 'button primary'}
          disabled={!canCommit || isBusy}
        >
          Commit and push to <span class="cut">{branch}</span>
        </button>
      </p>
    </form>
  );
}

function Says({ outcome }: { readonly outcome: Outcome }) {
  if (outcome.kind === 'nothing' || outcome.kind === 'done') return null;
  const tone = outcome.kind === 'failed' || outcome.kind === 'behind' ? 'bad' : 'plain';
  return <p class={`notice ${tone}`}>{outcome.text}</p>;
}

/** Whoever was here last. */
function remembered(): Author {
  try {
    const found = JSON.parse(globalThis.localStorage.getItem(kept) ?? '{}') as Partial<Author>;
    return { name: String(found.name ?? ''), email: String(found.email ?? '') };
  } catch {
    // A page may have no storage.
    return { name: '', email: '' };
  }
}

function remember(author: Author): void {
  try {
    globalThis.localStorage.setItem(kept, JSON.stringify(author));
  } catch {
    // They will have to be typed again.
  }
}
