/** Fetches and pulls into a clone, deeper, shallower and newer. */
import type { ContractCase } from '../context.js';
import { equal, ok } from '../expect.js';
import { expectSameBranches, expectSameHistory } from './clone.js';

const author = { name: 'Test Author', email: 'author@example.com' };

/** What git calls depth without end (shallow.h, INFINITE_DEPTH). */
const everything = 0x7fffffff;

const deeper: ContractCase[] = (
  [
    ['depth 5 makes a clone of depth 1 as deep as real git’s', { depth: 5 }, '--depth=5'],
    ['4 commits more lie where real git’s do', { depth: 4, relative: true }, '--deepen=4'],
    ['all there is makes a shallow clone a whole one', { depth: everything }, '--unshallow'],
  ] as const
).map(([name, wish, arg]) => ({
  name: `a fetch with ${name}`,
  async run(context) {
    const { git, http, fs, dir, oracle } = context;
    const { url, name: repository } = await oracle.repository('sample');
    await git.clone({ fs, http, dir, url, depth: 1 });
    await git.fetch({ fs, http, dir, tags: true, ...wish });
    const shallow = ['--depth=1', '--no-single-branch'];
    const reference = oracle.reference(repository, shallow, ['--tags', arg]);
    await expectSameHistory(context, dir, reference);
  },
}));

export const fetchCases: ContractCase[] = [
  ...deeper,
  {
    name: 'a fetch brings what is new and nothing else',
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { url, name } = await oracle.repository('large');
      await git.clone({ fs, http, dir, url, noCheckout: true });
      const oid = await oracle.commitOnServer(name, 'topic', 'new.txt', 'new\n');
      let received = 0;
      const { fetchHead } = await git.fetch({
        ...{ fs, http, dir, ref: 'topic' },
        onProgress: ({ phase, loaded }) => {
          if (phase === 'Receiving') received = loaded;
        },
      });
      equal(fetchHead, oid);
      ok(received > 0 && received < 10_000, `${received} bytes for one commit`);
      await expectSameBranches(context, name, dir);
    },
  },
  {
    name: 'a fetch with nothing new resolves and changes nothing',
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { url, name } = await oracle.repository('sample');
      await git.clone({ fs, http, dir, url });
      const before = await oracle.clientGit(dir, ['count-objects', '-v']);
      const { fetchHead } = await git.fetch({ fs, http, dir });
      equal(fetchHead, await oracle.serverGit(name, ['rev-parse', 'main']));
      equal(await oracle.clientGit(dir, ['count-objects', '-v']), before);
      await expectSameBranches(context, name, dir);
      await oracle.expectSoundClient(dir);
      await oracle.idle();
    },
  },
  {
    name: 'a pull brings a new commit into the files',
    async run({ git, http, fs, dir, oracle }) {
      const { url, name } = await oracle.repository('sample');
      await git.clone({ fs, http, dir, url });
      const oid = await oracle.commitOnServer(name, 'main', 'news.txt', 'good news\n');
      await git.pull({ fs, http, dir, author, singleBranch: true });
      equal(await git.resolveRef({ fs, dir, ref: 'HEAD' }), oid);
      const text = new TextDecoder().decode(await fs.promises.readFile(`${dir}/news.txt`));
      equal(text, 'good news\n');
    },
  },
  {
    name: 'a branch deleted on the server is pruned',
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { url, name } = await oracle.repository('sample');
      await git.clone({ fs, http, dir, url, noCheckout: true });
      await oracle.serverGit(name, ['branch', '-D', 'topic']);
      await git.fetch({ fs, http, dir, prune: true });
      await expectSameBranches(context, name, dir);
    },
  },
];
