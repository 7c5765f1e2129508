/** What is at a path: a folder with its README, a file, or why there is neither. */
import { useEffect } from 'preact/hooks';
import type { Commit, Objects, TreeEntry } from '../model/objects.js';
import { contentOf, isMarkdown, isReadme } from '../model/text.js';
import { nameOf } from '../../base/folders.js';
import { FileBody } from './file-body.js';
import { FileHead } from './file-head.js';
import { FolderView } from './folder-view.js';
import { useLoaded } from './loaded.js';
import type { Found, OpenFile, ViewProps } from './shown.js';
import { Failed, Skeleton, Statement } from './states.js';

async function find({ tree }: Commit, objects: Objects, path: string): Promise<Found> {
  const entry = await objects.find(tree, path);
  if (entry === undefined) return { kind: 'missing' };
  if (entry.kind === 'submodule') return { kind: 'submodule', oid: entry.oid };
  if (entry.kind === 'file') return { kind: 'file', file: await openFile(objects, path, entry) };
  if (entry.kind === 'link') {
    const bytes = await objects.blob(entry.oid);
    return { kind: 'link', target: new TextDecoder().decode(bytes.subarray(0, 4_096)) };
  }
  const entries = await objects.tree(entry.oid);
  const readmes = entries.filter((one) => one.kind === 'file' && isReadme(one.name));
  const readme = readmes.find(({ name }) => isMarkdown(name)) ?? readmes[0];
  if (readme === undefined) return { kind: 'folder', entries };
  const own = path === '' ? readme.name : `${path}/${readme.name}`;
  return { kind: 'folder', entries, readme: await openFile(objects, own, readme) };
}

async function openFile(objects: Objects, path: string, entry: TreeEntry): Promise<OpenFile> {
  const bytes = await objects.blob(entry.oid);
  return { path, entry, bytes, content: contentOf(path, bytes) };
}

export function FileView(props: ViewProps) {
  const { session, state, commit, objects } = props;
  const { path } = state.place;
  const found = useLoaded(() => find(commit, objects, path), [commit.tree, path]);
  const { value, error } = found;
  useEffect(() => {
    if (value === undefined) return;
    const { ref } = session.state.place;
    session.emit('gitws-load', { src: session.settings.url, ref, oid: commit.oid, path });
  }, [value]);
  useEffect(() => {
    if (error !== undefined) session.failed(error);
  }, [error]);
  if (error !== undefined) return <Failed failure={session.failureOf(error)} again={found.again} />;
  if (value === undefined) {
    return session.settings.plain ? (
      <slot>
        <Skeleton />
      </slot>
    ) : (
      <Skeleton />
    );
  }
  switch (value.kind) {
    case 'missing':
      return (
        <Statement icon="file" title="There is no such file">
          <p>
            <code>{path}</code> is not in this version of the repository.
          </p>
          {!session.settings.plain && (
            <button type="button" class="button" onClick={() => session.go({ path: '' })}>
              Show all files
            </button>
          )}
        </Statement>
      );
    case 'submodule':
      return (
        <Statement icon="submodule" title="A submodule">
          <p>
            Another repository belongs here, at its commit <code>{value.oid.slice(0, 8)}</code>.
          </p>
        </Statement>
      );
    case 'link':
      return (
        <Statement icon="link" title="A symbolic link">
          <p>
            It leads to <code>{value.target}</code>.
          </p>
        </Statement>
      );
    case 'folder':
      return <FolderView {...props} entries={value.entries} readme={value.readme} />;
    case 'file':
      return (
        <article class="sheet" part="file" aria-label={nameOf(path)}>
          <FileHead session={session} state={state} file={value.file} />
          <FileBody {...{ session, state, objects, commit }} file={value.file} />
        </article>
      );
  }
}
