/** The whole of a repository, for a place outside of the browser. */
import { formatBytes } from '../format.js';
import { download } from './download.js';
import { perform } from './perform.js';
import { settleUnsaved } from './save.js';
import * as session from './session.js';

/** Downloads the repository, all that is in this browser of it, as a zip file. */
export async function downloadAll(): Promise<void> {
  const repo = session.repository.value;
  const name = session.repositoryName.value;
  if (repo === undefined || !(await settleUnsaved('download'))) return;
  const task = { title: `Packing ${name}`, cancelled: 'Nothing was downloaded' };
  const done = await perform({ kind: 'export', ...task }, ({ signal }) =>
    repo.git.exportZip({ dir: repo.dir, name, signal }),
  );
  if (done === undefined) return;
  download(`${name}.zip`, done.value);
  session.notice.value = {
    tone: 'good',
    title: `${name}.zip has ${formatBytes(done.value.size)}`,
    text: 'Unpacked, it is a repository for git, with your commits and changes.',
  };
}
