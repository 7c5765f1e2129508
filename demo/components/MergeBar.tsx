/** The bar above the panes while something is to be resolved: how far it is, and the ways to its end. */
import { formatCount } from '../format.js';
import { openFile } from '../state/files.js';
import { clashing, unresolved } from '../state/merging.js';
import { abortMerge } from '../state/resolve.js';
import { activity, focus, merging, panel, selected, unmerged } from '../state/session.js';
import { nameOf } from '../state/stash.js';
import { giveUpUnmerged } from '../state/unmerged.js';
import { Icon } from './icons.js';

/** The button that leads on. */
const onwards = 'merge-onwards';

/** Gives the focus to what is next, once a file is resolved: without a merge there is a commit to be made at last. */
export function focusMergeBar(): void {
  requestAnimationFrame(() => {
    const next = document.getElementById(onwards) ?? document.getElementById('message');
    (next ?? document.querySelector<HTMLElement>('.views [aria-current]'))?.focus();
  });
}

export function MergeBar() {
  if (merging.value === undefined) return unmerged.value === undefined ? null : <ConflictBar />;
  const { them, conflicts, isBroken } = merging.value;
  const left = unresolved.value;
  const done = conflicts.length - left.length;
  const isBusy = activity.value !== undefined;
  return (
    <section class="merge-bar" aria-label="Merge">
      <Icon name="merge" />
      <p role="status">
        {isBroken
          ? 'A merge was interrupted. Abort it, and merge again.'
          : `Merging ${them}: ${done} of ${formatCount(conflicts.length, 'file')} resolved`}
      </p>
      <span class="spacer" />
      {!isBroken && <Onwards isBusy={isBusy} />}
      <button type="button" class="button" disabled={isBusy} onClick={() => void abortMerge()}>
        Abort merge…
      </button>
    </section>
  );
}

/** Of conflicts without a merge. */
function ConflictBar() {
  const stash = clashing.value;
  const count = formatCount(unresolved.value.length, 'file');
  const isBusy = activity.value !== undefined;
  return (
    <section class="merge-bar" aria-label="Conflicts">
      <Icon name={stash === undefined ? 'alert' : 'box'} />
      <p role="status">
        {stash !== undefined && `Bringing back “${nameOf(stash)}”: `}
        {count} to be resolved
      </p>
      <span class="spacer" />
      <Onwards isBusy={isBusy} />
      <button type="button" class="button" disabled={isBusy} onClick={() => void giveUpUnmerged()}>
        Give up…
      </button>
    </section>
  );
}

function Onwards({ isBusy }: { readonly isBusy: boolean }) {
  const left = unresolved.value;
  const next = left.find(({ path }) => path !== selected.value) ?? left[0];
  if (next !== undefined) {
    const { path } = next;
    const label = `Resolve ${path}`;
    return (
      <button
        type="button"
        class="button merge-next"
        id={onwards}
        title={label}
        onClick={() => void openFile(path)}
      >
        Resolve <span class="merge-path">{path.slice(path.lastIndexOf('/') + 1)}</span>
      </button>
    );
  }
  const finish = (): void => {
    panel.value = 'changes';
    focus.value = 'panel';
    requestAnimationFrame(() => document.getElementById('message')?.focus());
  };
  return (
    <button type="button" class="button primary" id={onwards} disabled={isBusy} onClick={finish}>
      Finish merge…
    </button>
  );
}
