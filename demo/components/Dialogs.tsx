/** The question that is being asked, if any, in a modal dialog. */
import { useState } from 'preact/hooks';
import { dialog } from '../state/dialogs.js';
import type { LineQuestion, Question, SignInQuestion } from '../state/dialogs.js';
import { explain } from '../words.js';
import { asTyped } from './controls.js';
import { Frame } from './Frame.js';

export function Dialogs() {
  const asked = dialog.value;
  if (asked === undefined) return null;
  switch (asked.kind) {
    case 'confirm':
      return <Confirm question={asked} />;
    case 'line':
      return <Line question={asked} />;
    case 'sign-in':
      return <SignIn question={asked} />;
  }
}

function Confirm({ question }: { readonly question: Question }) {
  const { title, text, items = [], choices, answer } = question;
  const first = choices.some(({ danger }) => danger === true) ? choices.length - 1 : 0;
  return (
    <Frame title={title} onCancel={() => answer(undefined)} onSubmit={() => undefined}>
      <p>{text}</p>
      {items.length > 0 && (
        <ul class="dialog-items">
          {items.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
      )}
      <div class="dialog-buttons">
        {choices.map(({ id, label, danger }, index) => (
          <button
            type="button"
            class={`button ${index === 0 ? (danger ? 'dangerous' : 'primary') : ''}`}
            key={id}
            // What cannot be undone is not what Enter does.
            autoFocus={index === first}
            onClick={() => answer(id)}
          >
            {label}
          </button>
        ))}
      </div>
    </Frame>
  );
}

function Line({ question }: { readonly question: LineQuestion }) {
  const { title, label, hint, initial, action, isOptional = false, submit, answer } = question;
  const [line, setLine] = useState(initial);
  const [complaint, setComplaint] = useState('');
  const take = async (): Promise<void> => {
    try {
      await submit(line);
      answer();
    } catch (error) {
      const { title: problem, text } = explain(error);
      setComplaint([problem, text].filter(Boolean).join(': '));
    }
  };
  return (
    <Frame title={title} onCancel={answer} onSubmit={() => void take()}>
      <label class="label" for="dialog-line">
        {label}
      </label>
      <input
        id="dialog-line"
        class="input"
        autoFocus
        {...asTyped}
        aria-describedby="dialog-hint"
        aria-invalid={complaint !== ''}
        value={line}
        onInput={(event) => {
          setLine(event.currentTarget.value);
          setComplaint('');
        }}
      />
      <p id="dialog-hint" class={complaint === '' ? 'hint' : 'hint bad'} aria-live="polite">
        {complaint || hint}
      </p>
      <div class="dialog-buttons">
        <button class="button primary" disabled={!isOptional && line.trim() === ''}>
          {action}
        </button>
        <button type="button" class="button" onClick={answer}>
          Cancel
        </button>
      </div>
    </Frame>
  );
}

function SignIn({ question }: { readonly question: SignInQuestion }) {
  const { url, refused, answer } = question;
  const [kind, setKind] = useState<'password' | 'token'>(refused?.kind ?? 'password');
  const [username, setUsername] = useState(refused?.kind === 'password' ? refused.username : '');
  const [secret, setSecret] = useState('');
  const submit = (): void =>
    answer(
      kind === 'token'
        ? { kind, token: secret.trim() }
        : { kind, username: username.trim(), password: secret },
    );
  return (
    <Frame title="Sign in" onCancel={() => answer(undefined)} onSubmit={submit}>
      <p class="dialog-url">{url}</p>
      {refused !== undefined && (
        <p class="hint bad" role="alert">
          The server did not accept that. Try again.
        </p>
      )}
      <div class="segments" role="radiogroup" aria-label="Sign in with">
        {(['password', 'token'] as const).map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="kind"
              checked={kind === each}
              onChange={() => setKind(each)}
            />
            <span>{each === 'password' ? 'Name and password' : 'Token'}</span>
          </label>
        ))}
      </div>
      {kind === 'password' && (
        <>
          <label class="label" for="username">
            User name
          </label>
          <input
            id="username"
            class="input"
            autoFocus={refused === undefined}
            autocomplete="username"
            autocapitalize="off"
            spellcheck={false}
            value={username}
            onInput={(event) => setUsername(event.currentTarget.value)}
          />
        </>
      )}
      <label class="label" for="secret">
        {kind === 'password' ? 'Password' : 'Token'}
      </label>
      <input
        id="secret"
        class="input"
        // The name may well have been right.
        autoFocus={refused !== undefined}
        type="password"
        autocomplete="current-password"
        value={secret}
        onInput={(event) => setSecret(event.currentTarget.value)}
      />
      <p class="hint">
        Kept in this tab’s memory until you close it, and sent only to this server.
      </p>
      <div class="dialog-buttons">
        <button class="button primary" disabled={secret === ''}>
          Sign in
        </button>
        <button type="button" class="button" onClick={() => answer(undefined)}>
          Cancel
        </button>
      </div>
    </Frame>
  );
}
