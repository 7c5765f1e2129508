/** What runs in the page that is killed: commands of `gitws/git` over createLightningFS, up to a moment. */
import LightningFS from '@isomorphic-git/lightning-fs';
import git from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { provideBuffer } from '../contract/provide-buffer.js';
import { exportStorage } from './export-storage.js';

provideBuffer();

/** Where the repository is. */
const dir = '/site';

/** What is tried. */
export type Deed = 'clone' | 'checkout' | 'commit' | 'pull';

declare global {
  /** Told that the moment has come. */
  function reached(): void;
}

/** Counts what the database is asked to write and what it says is written, and stops the page there. */
class Moments {
  seen = 0;

  constructor(readonly stopAt: number) {
    const store = IDBObjectStore.prototype;
    const database = IDBDatabase.prototype;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
    const [{ put }, { transaction }] = [store, database];
    const meet = (): void => {
      this.#meet();
    };
    store.put = function (...args) {
      meet();
      return put.apply(this, args);
    };
    database.transaction = function (...args) {
      const made = transaction.apply(this, args);
      if (made.mode === 'readwrite') made.addEventListener('complete', meet);
      return made;
    };
  }

  #meet(): void {
    this.seen += 1;
    if (this.seen !== this.stopAt) return;
    reached();
    // Nothing more happens here: what was on its way to the database is all there is.
    for (;;);
  }
}

const open = () => ({ fs: createLightningFS('crash', { LightningFS }), dir });
type Place = ReturnType<typeof open>;

/** Does what is tried. */
const deeds: Record<Deed, (place: Place, url: string) => Promise<unknown>> = {
  clone: (place, url) => git.clone({ ...place, url }),
  checkout: (place) => git.checkout({ ...place, ref: 'topic' }),
  // Three files are changed and staged, and committed.
  commit: async (place) => {
    const listed = (await git.listFiles(place)).filter((path) => /\.(md|txt|ts)$/.test(path));
    await place.fs.promises.mkdir(`${dir}/new`).catch(() => undefined);
    for (const filepath of [...listed.slice(0, 2), 'new/one.txt']) {
      await place.fs.promises.writeFile(`${dir}/${filepath}`, `mine in ${filepath}\n`);
      await git.add({ ...place, filepath });
    }
    const author = { name: 'Ann', email: 'ann@example.com', timestamp: 1_800_000_000 };
    await git.commit({ ...place, message: 'Mine', author });
  },
  pull: (place, url) => git.pull({ ...place, url, ref: 'behind', remoteRef: 'main' }),
};

/** What has to be there before. */
async function prepare(deed: Deed, url: string): Promise<void> {
  if (deed === 'clone') return;
  const place = open();
  const refs = { clone: 'main', checkout: 'main', commit: 'main', pull: 'behind' };
  await git.clone({ ...place, url, ref: refs[deed] });
  if (deed === 'checkout') {
    await git.branch({ ...place, ref: 'topic', object: 'refs/remotes/origin/topic' });
  }
}

/** @param stopAt the moment at which the page stands still; 0 for none. @returns how many there were. */
async function perform(deed: Deed, url: string, stopAt: number): Promise<number> {
  const moments = new Moments(stopAt);
  const place = open();
  await deeds[deed](place, url);
  await place.fs.promises.flush();
  return moments.seen;
}

/** Does it once more: on a half clone, a half checkout. */
async function again(deed: Deed, url: string): Promise<void> {
  const place = open();
  await deeds[deed](place, url);
  await place.fs.promises.flush();
}

const crash = { prepare, perform, again, exportAll: () => exportStorage(open().fs) };
Object.assign(globalThis, { crash });

/** Of the page's global object. */
export type Crash = typeof crash;
