/** Fuzzes what keeps paths apart: the request target going in, git's stderr coming out. */
import { join, sep } from 'node:path';
import { isBelowBasePath, looksLikeEndpoint, parseTarget } from '../../server/admission/target.js';
import { repositoryWords } from '../../server/text/own-paths.js';
import { StderrText } from '../../server/text/stderr.js';
import type { Random } from '../helpers/random.js';
import { Finding, type Fuzzer } from './fuzzer.js';
import { cut, mutateText } from './mutate.js';

const services = ['git-upload-pack', 'git-receive-pack', 'git-upload-archive', 'git-x'];

function runTarget(random: Random): void {
  const basePath = random.pick(['', '/git', '/a/b']);
  const right = `${basePath}/team/site.git/${random.pick(services)}?git-protocol=version%3D2`;
  const target = mutateText(right, random, 1 + random.below(5));
  looksLikeEndpoint(target, basePath);
  isBelowBasePath(target, basePath);
  const parsed = parseTarget(target, basePath);
  if (parsed.kind === 'malformed') return;
  const { segments, service, gitProtocol } = parsed;
  const root = '/srv/git';
  const path = join(root, ...segments);
  const [raw = ''] = target.split('?');
  const fault =
    segments.length === 0 ||
    !path.startsWith(root + sep) ||
    path.split(sep).length !== root.split(sep).length + segments.length ||
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    segments.some((segment) => /^$|^\.{1,2}$|^-|[/\\\u0000-\u001f\u007f]/.test(segment)) ||
    // What a proxy's rule by path looks at.
    !raw.endsWith(`/${service}`) ||
    raw.includes('#') ||
    (gitProtocol !== undefined && !/^version=[012]$/.test(gitProtocol));
  if (fault) throw new Finding(`it is taken for ${JSON.stringify(parsed)}`, target);
}

function runStderr(random: Random): void {
  // A word that is in nothing but the path.
  const root = random.pick(['/srv/R00T', '/R00T', '/srv/R00T/git/ab']);
  const gitDir = `${root}/team/${random.pick(['site.git', 'site/.git', 's'])}`;
  // Nobody writes a path right behind a path.
  const parts = [
    ...[`${root} `, `${gitDir}:`, `${gitDir}/objects\n`, `'${root}/'`, `'${gitDir}'`, `${root}\n`],
    ...['/srv', '/', '//', 'team/', 'site.git', '/git/ab', '.git', 'fatal: ', 'ä€😀', '\n', '\r'],
    mutateText('remote: error', random),
  ];
  const text = Array.from({ length: random.below(20) }, () => random.pick(parts)).join('');
  const stderr = new StderrText(
    repositoryWords({ repository: { root, gitDir }, name: 'team/site.git', root }),
  );
  const pieces = cut(Buffer.from(text), random, 20).flatMap((bytes) => stderr.decode(bytes));
  const said = [...pieces, ...stderr.end()].join('');
  if (said.includes('R00T')) throw new Finding(`the path comes out: ${said}`, text);
}

/** Fuzzes what keeps paths apart. */
export const paths: Fuzzer = {
  name: 'paths',
  open: () =>
    Promise.resolve({
      concurrency: 1,
      run(random) {
        runTarget(random);
        runStderr(random);
      },
      check: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
};
