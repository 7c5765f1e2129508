/** The tags of a commit: making one, pushing and deleting them. */
import type { HistoryEntry, RefLabel } from '../worker/history.js';
import { activity } from '../state/session.js';
import { newTag, forgetTag } from '../state/tags.js';
import { pushTag } from '../state/work.js';
import { IconButton } from './controls.js';
import { Icon } from './icons.js';

interface TagsProps {
  readonly commit: HistoryEntry;
  /** All the names that stand at it. */
  readonly labels: readonly RefLabel[];
}

export function Tags({ commit, labels }: TagsProps) {
  const tags = labels.filter(({ kind }) => kind === 'tag');
  const isBusy = activity.value !== undefined;
  return (
    <div class="commit-tags">
      {tags.length > 0 && (
        <ul aria-label={`Tags of ${commit.oid.slice(0, 7)}`}>
          {tags.map(({ name }) => (
            <li key={name}>
              <Icon name="tag" />
              <span class="commit-tag">{name}</span>
              <button
                type="button"
                class="button"
                aria-label={`Push tag ${name}`}
                disabled={isBusy}
                onClick={() => void pushTag(name)}
              >
                Push tag
              </button>
              <IconButton
                icon="trash"
                label={`Delete tag ${name}`}
                disabled={isBusy}
                onClick={() => void forgetTag(name)}
              />
            </li>
          ))}
        </ul>
      )}
      <button type="button" class="button" disabled={isBusy} onClick={() => void newTag(commit)}>
        <Icon name="tag" /> Tag this commit…
      </button>
    </div>
  );
}
