/** Above all: which version, which path, and what can be done with the repository. */
import type { Session, State } from '../session.js';
import { CopyButton } from './copy-button.js';
import { Icon } from './icon.js';
import { RefMenu } from './ref-menu.js';

export function Toolbar(props: {
  readonly session: Session;
  readonly state: State;
  readonly isTreeOpen: boolean;
  readonly onTree: () => void;
}) {
  const { session, state, isTreeOpen, onTree } = props;
  const { place, phase } = state;
  const isHistory = place.view === 'history' && place.path === '';
  return (
    <div class="toolbar" part="toolbar">
      {phase === 'ready' && (
        <button
          type="button"
          class="icon-button tree-button"
          aria-expanded={isTreeOpen}
          aria-label="Files"
          onClick={onTree}
        >
          <Icon name="tree" />
        </button>
      )}
      <RefMenu {...{ session, state }} />
      <Breadcrumb {...{ session, state }} />
      {phase === 'ready' && (
        <button
          type="button"
          class="quiet-button"
          aria-pressed={isHistory}
          onClick={() => session.go({ path: '', view: isHistory ? 'file' : 'history' })}
        >
          <Icon name="history" />
          <span class="wide-only">Commits</span>
          <span class="hidden narrow-only">Commits</span>
        </button>
      )}
      <CopyButton label="Copy the repository’s address" text={() => session.settings.url} />
    </div>
  );
}

function Breadcrumb({ session, state }: { readonly session: Session; readonly state: State }) {
  const { path } = state.place;
  const name = decodeName(session.settings.url);
  const parts = path === '' ? [] : path.split('/');
  return (
    <nav class="breadcrumb" aria-label="Path">
      <ol>
        {[name, ...parts].map((part, index) => {
          const at = parts.slice(0, index).join('/');
          const isLast = index === parts.length;
          return (
            <li key={at}>
              {isLast ? (
                <span aria-current="location">{part}</span>
              ) : (
                <button type="button" class="text-button" onClick={() => session.go({ path: at })}>
                  {part}
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

/** What a person calls a repository. */
function decodeName(url: string): string {
  const last = url.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const name = last.replace(/\.git$/, '');
  try {
    return decodeURIComponent(name) || 'repository';
  } catch {
    return name;
  }
}
