/** The first screen: an address to clone, and what this browser has already. */
import { useEffect } from 'preact/hooks';
import { formatAge, formatBytes, formatCount } from '../format.js';
import { catalogue } from '../state/catalogue.js';
import { askToKeep, measureRoom, room } from '../state/room.js';
import { activity } from '../state/session.js';
import { address, clone, forget, offered } from '../state/start.js';
import { openFromCatalogue } from '../state/workspace.js';
import { CloneOptions } from './CloneOptions.js';
import { asTyped, Empty, IconButton } from './controls.js';
import { Icon, Mark } from './icons.js';
import { Notices } from './Notices.js';
import { CloneProgress } from './Progress.js';

export function Start() {
  return (
    <div class="start">
      <main class="start-main">
        <p class="brand">
          <Mark /> gitws
        </p>
        <h1>Clone a repository into this tab</h1>
        <p class="lead">
          The server runs git itself, this tab runs gitws in a worker, and one WebSocket lies
          between them. What you clone is kept in this browser: push what must not be lost.
        </p>
        <CloneForm />
        <Offered />
        <div class="start-stage">
          {activity.value?.kind === 'clone' ? (
            <CloneProgress activity={activity.value} />
          ) : (
            <Notices />
          )}
        </div>
      </main>
      <Kept />
    </div>
  );
}

function CloneForm() {
  const isBusy = activity.value !== undefined;
  return (
    <form
      class="clone-form"
      onSubmit={(event) => {
        event.preventDefault();
        void clone();
      }}
    >
      <label class="label" for="address">
        Repository address
      </label>
      <div class="clone-row">
        <input
          id="address"
          class="input"
          type="text"
          inputMode="url"
          {...asTyped}
          placeholder="https://git.example.com/team/site.git"
          value={address.value}
          disabled={isBusy}
          onInput={(event) => (address.value = event.currentTarget.value)}
        />
        <button class="button primary large" disabled={isBusy}>
          <Icon name="clone" /> Clone
        </button>
      </div>
      <CloneOptions isBusy={isBusy} />
    </form>
  );
}

/** What this page's server has, where that is more than stands in the field already. */
function Offered() {
  const { urls, more } = offered.value;
  if (urls.length < 2 && !more) return null;
  return (
    <section class="offered" aria-labelledby="offered-title">
      <h2 id="offered-title">
        On this server{' '}
        <span class="pane-note">
          {more && 'the first '}
          {formatCount(urls.length, 'repository', 'repositories')}
        </span>
      </h2>
      <ul class="offered-list">
        {urls.map((url) => (
          <li key={url}>
            <button
              type="button"
              disabled={activity.value !== undefined}
              aria-label={`Clone ${pathOf(url)}`}
              onClick={() => {
                address.value = url;
                void clone();
              }}
            >
              <Icon name="box" /> <span>{pathOf(url)}</span>
              <Icon name="clone" />
            </button>
          </li>
        ))}
      </ul>
      {more && (
        <p class="hint">There may be more than these. Any other one is cloned by its address.</p>
      )}
    </section>
  );
}

/** The path of a repository on this page's server, as a person reads it. */
function pathOf(url: string): string {
  return decodeURIComponent(url.slice(new URL('.', document.baseURI).href.length));
}

function Kept() {
  const entries = catalogue.value;
  return (
    <aside class="kept" aria-labelledby="kept-title">
      <h2 id="kept-title">In this browser</h2>
      {entries.length === 0 ? (
        <Empty icon="box" title="Nothing yet">
          <p>Repositories that you clone are listed here, with all that you change in them.</p>
        </Empty>
      ) : (
        <ul class="kept-list">
          {entries.map((entry) => (
            <li key={entry.id}>
              <button
                type="button"
                class="kept-open"
                disabled={activity.value !== undefined}
                onClick={() => void openFromCatalogue(entry)}
              >
                <strong>{entry.name}</strong>
                <span class="kept-url">{entry.url.replace(/^https?:\/\//, '')}</span>
                <span class="kept-age">used {formatAge(entry.usedAt)}</span>
              </button>
              <IconButton
                icon="trash"
                label={`Remove ${entry.name} from this browser`}
                disabled={activity.value !== undefined}
                onClick={() => void forget(entry.id)}
              />
            </li>
          ))}
        </ul>
      )}
      <RoomTaken />
    </aside>
  );
}

/** What all of it takes, and what the browser makes of it. */
function RoomTaken() {
  useEffect(() => void measureRoom(), [catalogue.value, activity.value === undefined]);
  const taken = room.value;
  if (taken === undefined) return null;
  const { used, quota, isKept } = taken;
  return (
    <div class="room">
      <p>
        {formatBytes(used)}
        {quota > 0 && ` of ${formatBytes(quota)}`} in use.{' '}
        {isKept
          ? 'The browser has promised to keep all.'
          : 'When room is short, the browser may remove all of it.'}
      </p>
      {!isKept && (
        <button type="button" class="text-button" onClick={() => void askToKeep()}>
          Ask it to keep all
        </button>
      )}
    </div>
  );
}
