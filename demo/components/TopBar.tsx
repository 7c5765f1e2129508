/** Where one is (repository and branch), and the way to the server and back. */
import { catalogue } from '../state/catalogue.js';
import { downloadAll } from '../state/export.js';
import { beginToFind } from '../state/find.js';
import { mergeBranch } from '../state/merge.js';
import { settleUnsaved } from '../state/save.js';
import { activity, branches, distance, repository, repositoryName } from '../state/session.js';
import { forget } from '../state/start.js';
import { isOffline } from '../state/watch.js';
import { fetchNow, goToBranch, newBranch, pullNow, pushNow } from '../state/work.js';
import { leaveRepository, openFromCatalogue } from '../state/workspace.js';
import { IconButton, Menu } from './controls.js';
import { Icon, Mark } from './icons.js';

export function TopBar() {
  const isBusy = activity.value !== undefined;
  const { ahead = 0, behind = 0 } = distance.value ?? {};
  return (
    <header class="top-bar">
      <h1 class="hidden">{repositoryName.value}</h1>
      <Mark />
      <RepositoryMenu />
      <BranchMenu />
      <span class="spacer" />
      <Offline />
      <div class="sync">
        <IconButton
          icon="search"
          label="Find a file, or words in all files: Ctrl+P, Ctrl+Shift+F"
          onClick={() => beginToFind('files')}
        />
        <IconButton
          icon="sync"
          label="Fetch: ask the server what is new"
          disabled={isBusy}
          onClick={() => void fetchNow()}
        />
        <button
          type="button"
          class="button"
          disabled={isBusy}
          aria-label={behind > 0 ? `Pull, ${behind} behind` : 'Pull'}
          onClick={() => void pullNow()}
        >
          <Icon name="pull" /> <span class="wide-only">Pull</span>
          {behind > 0 && <span class="count">{behind}</span>}
        </button>
        <button
          type="button"
          class={ahead > 0 ? 'button primary' : 'button'}
          disabled={isBusy}
          aria-label={ahead > 0 ? `Push, ${ahead} ahead` : 'Push'}
          onClick={() => void pushNow()}
        >
          <Icon name="push" /> <span class="wide-only">Push</span>
          {ahead > 0 && <span class="count">{ahead}</span>}
        </button>
      </div>
    </header>
  );
}

/** Always there, so that a screen reader hears of it. */
function Offline() {
  return (
    <p class="offline" role="status">
      {isOffline.value && (
        <span title="What is in this browser can be read, edited and committed. Fetch, pull and push when there is a network again.">
          Offline<span class="wide-only">: your work goes on in this browser</span>
        </span>
      )}
    </p>
  );
}

function RepositoryMenu() {
  const open = repository.value;
  const others = catalogue.value.filter(({ id }) => id !== open?.id);
  const leave = async (then: () => unknown): Promise<void> => {
    if (await settleUnsaved('leave')) then();
  };
  return (
    <Menu
      label={`Repository ${repositoryName.value}`}
      class="repository-menu"
      button={<strong class="menu-title">{repositoryName.value}</strong>}
    >
      {(close) => (
        <>
          <p class="menu-note">{open?.url}</p>
          {others.map((entry) => (
            <button
              type="button"
              key={entry.id}
              onClick={() => {
                close();
                void leave(() => openFromCatalogue(entry));
              }}
            >
              <Icon name="box" /> {entry.name}
              <span class="menu-aside">{new URL(entry.url).host}</span>
            </button>
          ))}
          <hr />
          <button
            type="button"
            onClick={() => {
              close();
              void leave(leaveRepository);
            }}
          >
            <Icon name="clone" /> Clone or open another…
          </button>
          {open !== undefined && (
            <button
              type="button"
              disabled={activity.value !== undefined}
              onClick={() => {
                close();
                void downloadAll();
              }}
            >
              <Icon name="download" /> Download as a zip file
            </button>
          )}
          {open !== undefined && (
            <button
              type="button"
              class="danger"
              onClick={() => {
                close();
                void forget(open.id);
              }}
            >
              <Icon name="trash" /> Remove from this browser…
            </button>
          )}
        </>
      )}
    </Menu>
  );
}

function BranchMenu() {
  const { current, local, remote } = branches.value;
  return (
    <Menu
      label={`Branch ${current ?? 'none'}`}
      class="branch-menu"
      button={
        <>
          <Icon name="branch" />
          <span class="menu-title">{current ?? 'no branch'}</span>
        </>
      }
    >
      {(close) => (
        <>
          {local.map((name) => (
            <BranchRow name={name} isRemote={false} close={close} key={name} />
          ))}
          {remote.map((name) => (
            <BranchRow name={name} isRemote close={close} key={name} />
          ))}
          <hr />
          <button
            type="button"
            onClick={() => {
              close();
              void newBranch();
            }}
          >
            <Icon name="plus" /> New branch…
          </button>
        </>
      )}
    </Menu>
  );
}

interface BranchRowProps {
  readonly name: string;
  readonly isRemote: boolean;
  readonly close: () => void;
}

/** A branch to go to, or to merge into the current one. */
function BranchRow({ name, isRemote, close }: BranchRowProps) {
  const { current } = branches.value;
  const merging = `Merge ${isRemote ? `origin/${name}` : name} into ${current}`;
  return (
    <div class="menu-row">
      <button
        type="button"
        aria-current={name === current ? 'true' : undefined}
        onClick={() => {
          close();
          void goToBranch(name);
        }}
      >
        <Icon name={name === current ? 'check' : 'branch'} /> {name}
        {isRemote && <span class="menu-aside">on the server</span>}
      </button>
      {current !== undefined && name !== current && (
        <button
          type="button"
          class="menu-beside"
          aria-label={merging}
          title={merging}
          onClick={() => {
            close();
            void mergeBranch(name, isRemote);
          }}
        >
          <Icon name="merge" />
        </button>
      )}
    </div>
  );
}
