/** The dialog that asks who somebody is. */
import { useEffect, useRef } from 'preact/hooks';
import type { SignInQuestion } from '../session.js';
import { Icon } from './icon.js';

export function SignIn({ question }: { readonly question: SignInQuestion }) {
  const { host, isRetry, answer } = question;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      part="dialog"
      aria-labelledby="sign-in"
      onCancel={(event) => {
        event.preventDefault();
        answer(undefined);
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const text = (name: string): string => given.get(name) as string;
          answer({ username: text('username'), password: text('password') });
        }}
      >
        <h2 id="sign-in">
          <Icon name="lock" /> Sign in to {host}
        </h2>
        {isRetry && (
          <p class="notice bad" role="alert">
            The user or the password is not right. Nothing is lost: try again.
          </p>
        )}
        <label class="field">
          <span>User</span>
          <input class="input" name="username" autocomplete="username" autofocus required />
        </label>
        <label class="field">
          <span>Password or token</span>
          <input
            class="input"
            name="password"
            type="password"
            autocomplete="current-password"
            aria-invalid={isRetry}
            required
          />
        </label>
        <p class="hint">It is sent to {host}, and kept until you leave this page.</p>
        <p class="actions">
          <button type="submit" class="button primary">
            Sign in
          </button>
          <button type="button" class="button" onClick={() => answer(undefined)}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  );
}
