/** Who commits. Asked for once: this browser remembers. */
import { useState } from 'preact/hooks';
import { author } from '../state/session.js';

export function AuthorFields() {
  const { name, email } = author.value;
  const [isEditing, setEditing] = useState(name === '' || email === '');
  if (!isEditing) {
    return (
      <p class="author-line">
        <span>
          {name} <span class="author-email">{email}</span>
        </span>
        <button type="button" class="text-button" onClick={() => setEditing(true)}>
          Change
        </button>
      </p>
    );
  }
  return (
    <div class="author-fields">
      <div>
        <label class="label" for="author-name">
          Your name
        </label>
        <input
          id="author-name"
          class="input"
          autocomplete="name"
          value={name}
          onInput={(event) => (author.value = { ...author.value, name: event.currentTarget.value })}
        />
      </div>
      <div>
        <label class="label" for="author-email">
          Email
        </label>
        <input
          id="author-email"
          class="input"
          type="email"
          autocomplete="email"
          value={email}
          onInput={(event) =>
            (author.value = { ...author.value, email: event.currentTarget.value })
          }
        />
      </div>
    </div>
  );
}
