/** The whole of it: what is above, the files, and what is shown of them. */
import { useState } from 'preact/hooks';
import type { Session, State } from '../session.js';
import { CommitView } from './commit-view.js';
import { Editor } from './editor.js';
import { FileView } from './file-view.js';
import { HistoryView } from './history.js';
import { Icon } from './icon.js';
import { SignIn } from './sign-in.js';
import { Failed, Loading, Statement } from './states.js';
import { Toolbar } from './toolbar.js';
import { Tree } from './tree.js';

export interface AppProps {
  readonly session: Session;
  readonly state: State;
}

export function App({ session, state }: AppProps) {
  const [isTreeOpen, setTreeOpen] = useState(false);
  const { plain } = session.settings;
  const { phase, notice, question } = state;
  const isReady = phase === 'ready';
  return (
    <div class="frame" part="frame" aria-busy={phase === 'loading'}>
      {!plain && (isReady || phase === 'empty') && (
        <Toolbar {...{ session, state, isTreeOpen }} onTree={() => setTreeOpen(!isTreeOpen)} />
      )}
      <div class="notices" role="status">
        {notice !== undefined && (
          <p class={`notice ${notice.tone}`} part="notice">
            <span>{notice.text}</span>
            <button
              type="button"
              class="icon-button"
              aria-label="Dismiss"
              onClick={() => session.hush()}
            >
              <Icon name="close" />
            </button>
          </p>
        )}
        {phase === 'loading' && <span class="hidden">Loading the repository</span>}
      </div>
      {isReady ? (
        <div class={plain ? 'body plain' : 'body'}>
          {!plain && (
            <div class={isTreeOpen ? 'files open' : 'files'} part="tree">
              <Tree {...{ session, state }} onChosen={() => setTreeOpen(false)} />
            </div>
          )}
          <div class="content" part="content">
            <Content {...{ session, state }} />
          </div>
        </div>
      ) : (
        <Before {...{ session, state }} />
      )}
      {question !== undefined && <SignIn question={question} />}
    </div>
  );
}

/** What is there before the repository is: the page's own words, where it has any. */
function Before({ session, state }: AppProps) {
  const { phase, progress, failure, tip } = state;
  if (phase === 'empty') {
    return (
      <Statement icon="branch" title="Nothing here yet">
        <p>
          {tip?.ref ? <code>{tip.ref}</code> : 'The repository'} has no commits. What is pushed
          shows up here.
        </p>
        <button type="button" class="button" onClick={() => void session.open()}>
          Look again
        </button>
      </Statement>
    );
  }
  if (phase === 'failed' && failure !== undefined) {
    return (
      <>
        <slot />
        <Failed failure={failure} again={() => void session.open()} />
        {failure.kind === 'missing' && state.place.ref !== '' && (
          <p class="beside">
            <button type="button" class="text-button" onClick={() => session.go({ ref: '' })}>
              Show the default branch
            </button>
          </p>
        )}
      </>
    );
  }
  return (
    <slot>
      <Loading progress={progress} />
    </slot>
  );
}

function Content({ session, state }: AppProps) {
  const { place, commit, objects } = state;
  if (commit === undefined || objects === undefined) return null;
  const shown = { session, state, commit, objects };
  if (place.view === 'history') return <HistoryView {...shown} />;
  if (place.view === 'commit') return <CommitView {...shown} />;
  if (place.view === 'edit' && session.settings.editable) {
    return <Editor key={`${place.ref}:${place.path}`} {...shown} />;
  }
  return <FileView {...shown} />;
}
