/** Clones: what arrives is what the server has, as deep as was asked for. */
import type { ContractCase, ContractContext } from '../context.js';
import { equal, ok } from '../expect.js';

/** Throws unless the clone's remote-tracking branches are the server's branches. */
export async function expectSameBranches(
  { oracle }: ContractContext,
  name: string,
  dir: string,
): Promise<void> {
  const format = (strip: number): string => `--format=%(objectname) %(refname:lstrip=${strip})`;
  const here = await oracle.clientGit(dir, ['for-each-ref', format(3), 'refs/remotes/origin']);
  const there = await oracle.serverGit(name, ['for-each-ref', format(2), 'refs/heads']);
  const branches = here.split('\n').filter((line) => !line.endsWith(' HEAD'));
  equal(branches, there.split('\n'), 'the branches');
}

/** Throws unless the clone has the commits of real git's clone, and is shallow where that is. */
export async function expectSameHistory(
  { oracle }: ContractContext,
  dir: string,
  reference: Promise<{ commits: string; shallow: string }>,
): Promise<void> {
  const { commits, shallow } = await reference;
  const here = await oracle.clientGit(dir, ['rev-list', '--all']);
  equal(here.split('\n').sort(), commits.split('\n').sort(), 'the commits');
  const boundary = await oracle.clientGit(dir, ['rev-parse', '--is-shallow-repository']);
  equal(boundary, shallow === '' ? 'false' : 'true', 'whether it is shallow');
}

const full: ContractCase = {
  name: 'a full clone of more than 5,000 objects has every branch, tag, commit and file',
  async run(context) {
    const { git, http, fs, dir, oracle } = context;
    const { url, name } = await oracle.repository('large');
    const cache = {};
    await git.clone({ fs, http, dir, url, cache });
    equal(
      await git.resolveRef({ fs, dir, ref: 'HEAD' }),
      await oracle.serverGit(name, ['rev-parse', 'refs/heads/main']),
    );
    await expectSameBranches(context, name, dir);
    const tags = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags'];
    equal(await oracle.clientGit(dir, tags), await oracle.serverGit(name, tags), 'the tags');
    // The annotated tag stands below every branch tip: isomorphic-git asks for what it peels to.
    const tip = await oracle.serverGit(name, ['for-each-ref', '--points-at=v1.0^{}', 'refs/heads']);
    equal(tip, '', 'branches at the annotated tag');
    await expectSameHistory(context, dir, oracle.reference(name, []));
    const objects = await oracle.clientGit(dir, ['count-objects', '-v']);
    const [, count = '0'] = /in-pack: (\d+)/.exec(objects) ?? [];
    ok(Number(count) > 5000, `only ${count} objects`);
    const changed = (await git.statusMatrix({ fs, dir, cache })).filter(
      ([, head, workdir, stage]) => head !== 1 || workdir !== 1 || stage !== 1,
    );
    equal(changed, [], 'files that differ from HEAD');
  },
};

/** Clones that end somewhere, beside what real git makes of the same wish. */
const shallow: ContractCase[] = (
  [
    ['depth 1', { depth: 1 }, ['--depth=1', '--no-single-branch']],
    ['depth 7', { depth: 7 }, ['--depth=7', '--no-single-branch']],
    [
      'since a date',
      { since: new Date('2024-01-02T12:00:00Z'), singleBranch: true, noTags: true },
      ['--shallow-since=2024-01-02T12:00:00Z', '--single-branch', '--no-tags'],
    ],
    [
      'exclude a tag',
      { exclude: ['v1.0'], singleBranch: true, noTags: true },
      ['--shallow-exclude=v1.0', '--single-branch', '--no-tags'],
    ],
  ] as const
).map(([name, wish, args]) => ({
  name: `a clone with ${name} ends where real git’s does`,
  async run(context) {
    const { git, http, fs, dir, oracle } = context;
    const { url, name: repository } = await oracle.repository('sample');
    const options = 'exclude' in wish ? { ...wish, exclude: [...wish.exclude] } : wish;
    await git.clone({ fs, http, dir, url, ...options });
    await expectSameHistory(context, dir, oracle.reference(repository, args));
  },
}));

const singleBranch: ContractCase = {
  name: 'a clone with singleBranch has that branch and no other',
  async run({ git, http, fs, dir, oracle }) {
    const { url, name } = await oracle.repository('sample');
    await git.clone({ fs, http, dir, url, ref: 'topic', singleBranch: true, noTags: true });
    const branches = await git.listBranches({ fs, dir, remote: 'origin' });
    equal(
      branches.filter((branch) => branch !== 'HEAD'),
      ['topic'],
    );
    equal(
      await git.resolveRef({ fs, dir, ref: 'HEAD' }),
      await oracle.serverGit(name, ['rev-parse', 'refs/heads/topic']),
    );
  },
};

/** Four at once; what they share is up to the case. */
async function cloneFourTimes(
  context: ContractContext,
  shared: { headers?: Record<string, string> },
): Promise<void> {
  const { git, http, fs, dir, oracle } = context;
  const { url, name } = await oracle.repository('sample');
  const dirs = [0, 1, 2, 3].map((number) => `${dir}-${number}`);
  await Promise.all(
    dirs.map((clone, number) =>
      // Not all alike, so that one's bytes in another's hands would show.
      git.clone({ fs, http, dir: clone, url, ...shared, ...(number < 2 ? {} : { depth: number }) }),
    ),
  );
  for (const [number, clone] of dirs.entries()) {
    const args = number < 2 ? [] : [`--depth=${number}`, '--no-single-branch'];
    await expectSameHistory(context, clone, oracle.reference(name, args));
    await oracle.expectSoundClient(clone);
  }
  await oracle.idle();
}

const concurrent: ContractCase[] = [
  {
    name: 'four clones at once over one client do not get into each other’s way',
    isLong: true,
    run: (context) => cloneFourTimes(context, {}),
  },
  {
    name: 'four clones at once that share one headers object do not either',
    isLong: true,
    run: (context) => cloneFourTimes(context, { headers: { 'X-Shared': 'yes' } }),
  },
];

const empty: ContractCase = {
  name: 'an empty repository is cloned, and its connection ends at once',
  async run({ git, http, fs, dir, oracle }) {
    const { url } = await oracle.repository('empty');
    await git.clone({ fs, http, dir, url });
    equal(await git.listBranches({ fs, dir, remote: 'origin' }), []);
    equal(await git.listRemotes({ fs, dir }), [{ remote: 'origin', url }]);
    await oracle.idle();
  },
};

const nonTip: ContractCase = {
  name: 'a commit that no ref names is fetched by its oid',
  async run({ git, http, fs, dir, oracle }) {
    const { url, name } = await oracle.repository('sample');
    const oid = await oracle.serverGit(name, ['rev-parse', 'main~9']);
    await git.init({ fs, dir });
    await git.addRemote({ fs, dir, remote: 'origin', url });
    const wish = { ref: oid, remoteRef: oid, singleBranch: true, depth: 1 };
    const { fetchHead } = await git.fetch({ fs, http, dir, ...wish });
    equal(fetchHead, oid);
    equal(await oracle.clientGit(dir, ['rev-list', oid]), oid, 'the commits it leads to');
    equal(
      await oracle.clientGit(dir, ['ls-tree', '-r', oid]),
      await oracle.serverGit(name, ['ls-tree', '-r', oid]),
    );
  },
};

const infos: ContractCase[] = [
  {
    name: 'getRemoteInfo tells the refs, and its connection ends when its time is over',
    async run({ git, gitws, oracle }) {
      const { url, name } = await oracle.repository('sample');
      const http = gitws.createHttpClient({ advertisementTime: 1 });
      const info = await git.getRemoteInfo({ http, url });
      const main = await oracle.serverGit(name, ['rev-parse', 'main']);
      equal(info.refs?.heads?.['main'], main);
      equal(info.HEAD, 'refs/heads/main');
      const forPush = await git.getRemoteInfo({ http, url, forPush: true });
      ok(forPush.capabilities.includes('report-status'), 'it is not receive-pack that answers');
      await oracle.idle();
    },
  },
  {
    name: 'getRemoteInfo2 tells the capabilities of protocol v2, and refs with v1',
    async run({ git, gitws, oracle }) {
      const { url, name } = await oracle.repository('sample');
      const http = gitws.createHttpClient({ advertisementTime: 1 });
      const two = await git.getRemoteInfo2({ http, url });
      equal(two.protocolVersion, 2);
      ok('ls-refs' in two.capabilities, 'there is no ls-refs');
      const one = await git.getRemoteInfo2({ http, url, protocolVersion: 1 });
      const main = one.refs?.find(({ ref }) => ref === 'refs/heads/main');
      equal(main?.oid, await oracle.serverGit(name, ['rev-parse', 'main']));
      await oracle.idle();
    },
  },
  {
    name: 'listServerRefs lists by prefix, with symref targets and peeled tags, over protocol v2',
    async run({ git, http, oracle }) {
      const { url, name } = await oracle.repository('sample');
      const wish = { symrefs: true, peelTags: true };
      const refs = await git.listServerRefs({ http, url, ...wish });
      const find = (ref: string) => refs.find((found) => found.ref === ref);
      equal(find('HEAD')?.target, 'refs/heads/main');
      equal(find('refs/tags/v1.0')?.peeled, await oracle.serverGit(name, ['rev-parse', 'v1.0^{}']));
      const tags = await git.listServerRefs({ http, url, prefix: 'refs/tags/' });
      equal(tags.map(({ ref }) => ref).sort(), ['refs/tags/checkpoint', 'refs/tags/v1.0']);
      await oracle.idle();
    },
  },
];

export const cloneCases: ContractCase[] = [
  full,
  ...shallow,
  singleBranch,
  ...concurrent,
  empty,
  nonTip,
  ...infos,
];
