/** Changes that are set aside: setting them aside, and the list of what is. */
import { formatAge, formatTime } from '../format.js';
import { clashing } from '../state/merging.js';
import { activity, merging, stashed, unmerged } from '../state/session.js';
import { bringBack, discardStashed, nameOf, setAsideAll } from '../state/stash.js';
import type { Stashed } from '../worker/stash.js';
import { IconButton } from './controls.js';
import { followedBy } from './follow.js';
import { Icon } from './icons.js';

export function SetAside() {
  return (
    <div class="set-aside">
      <button
        type="button"
        class="button"
        disabled={activity.value !== undefined}
        onClick={() => void setAsideAll()}
      >
        <Icon name="box" /> Set aside…
      </button>
    </div>
  );
}

/** What has to end before changes can be brought back. */
function whatWaits(): string | undefined {
  if (merging.value !== undefined) return 'until the merge has ended';
  return unmerged.value === undefined ? undefined : 'until the conflicts are resolved';
}

export function StashedList() {
  const all = stashed.value;
  const waitsFor = whatWaits();
  if (all.length === 0) return null;
  return (
    <section class="change-group stashed" aria-labelledby="stashed-title">
      <div class="group-head">
        <h2 id="stashed-title">Set aside</h2>
        {waitsFor !== undefined && <span class="pane-note">{waitsFor}</span>}
      </div>
      <ul class="change-list" aria-labelledby="stashed-title">
        {all.map((one) => (
          <Row stashed={one} key={one.oid} />
        ))}
      </ul>
    </section>
  );
}

function Row({ stashed: one }: { readonly stashed: Stashed }) {
  const { branch, time, words } = one;
  const name = nameOf(one);
  const isBusy = activity.value !== undefined;
  return (
    <li class="stashed-row">
      <div class="stashed-name">
        <span class="stashed-words" title={name}>
          {name}
        </span>
        <span class="stashed-meta">
          {words !== undefined && branch !== undefined && <span>on {branch}</span>}
          {time !== undefined && (
            <time dateTime={new Date(time).toISOString()} title={formatTime(time)}>
              {formatAge(time)}
            </time>
          )}
        </span>
      </div>
      <button
        type="button"
        class="button"
        aria-label={`Bring back ${name}`}
        disabled={isBusy || whatWaits() !== undefined}
        onClick={({ currentTarget }) =>
          void followedBy(currentTarget, bringBack(one.oid), '.button')
        }
      >
        Bring back
      </button>
      <IconButton
        icon="trash"
        label={`Discard ${name}`}
        // Whoever gives its conflicts up needs it.
        disabled={isBusy || clashing.value === one}
        onClick={(button) => void followedBy(button, discardStashed(one))}
      />
    </li>
  );
}
