/** The form that makes a commit of what has changed, or puts one in the place of the last. */
import { formatCount } from '../format.js';
import { amend, commit, typed, typeMessage } from '../state/commit.js';
import {
  activity,
  amendable,
  amending,
  author,
  branches,
  changes,
  stagedChanges,
  unmerged,
  unstagedChanges,
} from '../state/session.js';
import { AuthorFields } from './AuthorFields.js';
import { Icon } from './icons.js';
import { SubmitForm } from './SubmitForm.js';

/** Without changed files there is only the last commit's message to change. */
export function CommitForm() {
  const isAmending = amending.value !== undefined;
  const hasFields = changes.value.length > 0 || isAmending || unmerged.value !== undefined;
  if (!hasFields && amendable.value === undefined) return null;
  const staged = stagedChanges.value.length;
  const unstaged = unstagedChanges.value.length;
  const conflicts = unmerged.value?.conflicts.length ?? 0;
  const isClear = conflicts === 0;
  // What is resolved will be staged.
  const count = staged + conflicts === 0 ? unstaged : staged + conflicts;
  const { name, email } = author.value;
  const isReady =
    isClear &&
    (count > 0 || isAmending) &&
    typed.value.trim() !== '' &&
    name.trim() !== '' &&
    email.trim() !== '';
  const hint = isClear
    ? sayTaken(staged, unstaged)
    : 'Conflicts are to be resolved first: a commit has one of each file.';
  const submit = (): void => {
    if (isReady && activity.value === undefined) void commit(true);
  };
  return (
    <SubmitForm onSubmit={submit}>
      {amendable.value !== undefined && (
        <label class="check">
          <input
            type="checkbox"
            checked={isAmending}
            onChange={(event) => amend(event.currentTarget.checked)}
          />
          Amend the last commit
        </label>
      )}
      {hasFields && (
        <>
          <label class="label" for="message">
            Commit message
          </label>
          <textarea
            id="message"
            class="input"
            rows={3}
            placeholder="What changed, and why"
            value={typed.value}
            onInput={(event) => typeMessage(event.currentTarget.value)}
          />
          <AuthorFields />
          {hint !== undefined && (
            <p class="hint" id="what-is-taken">
              {hint}
            </p>
          )}
          <button
            class="button primary"
            disabled={!isReady || activity.value !== undefined}
            aria-describedby={hint === undefined ? undefined : 'what-is-taken'}
          >
            <Icon name="check" />
            {isAmending ? labelAmending(count) : labelCommitting(count)}
          </button>
          {isAmending && staged === 0 && count > 0 && (
            <button
              type="button"
              class="button"
              disabled={!isReady || activity.value !== undefined}
              onClick={() => void commit(false)}
            >
              {labelAmending(0)}
            </button>
          )}
        </>
      )}
    </SubmitForm>
  );
}

function labelAmending(count: number): string {
  return count === 0 ? 'Amend the message' : `Amend with ${formatCount(count, 'file')}`;
}

function labelCommitting(count: number): string {
  const { current } = branches.value;
  const commits = `Commit ${formatCount(count, 'file')}`;
  return current === undefined ? commits : `${commits} to ${current}`;
}

function sayTaken(staged: number, unstaged: number): string | undefined {
  if (unstaged === 0) return undefined;
  return staged === 0 ? 'Nothing is staged: all changes are taken.' : sayLeft(unstaged);
}

function sayLeft(count: number): string {
  return `What is staged is taken. ${formatCount(count, 'file')} with other changes ${count === 1 ? 'stays' : 'stay'} as ${count === 1 ? 'it is' : 'they are'}.`;
}
