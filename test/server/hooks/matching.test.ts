import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRefRules, refGlobFault } from '../../../server/hooks/ref-rules.js';
import judge from '../../../server/hooks/judge.sh';
import { hookVariables } from '../../../server/hooks/scripts.js';
import { compileGlobs } from '../../../server/rules/glob.js';
import { rulesOf } from './protected-repository.js';

/** Whatever may stand behind /bin/sh somewhere, as far as it is here. */
const shells = ['/bin/sh', '/bin/dash', '/bin/bash --norc', '/bin/busybox sh'].filter((command) =>
  existsSync(command.replace(/ .*/, '')),
);

/** What the hooks' own function says, for many names at once: sh takes its time to start. */
function matchInShell(shell: string, cases: readonly (readonly [glob: string, name: string])[]) {
  const script = `${judge}
    export LC_ALL=C
    IFS='
'
    set -f
    deed=create
    while IFS='\t' read -r rules name; do
      ${hookVariables.rules}=$rules
      if may "$name"; then echo free; else echo protected; fi
    done`;
  const input = cases.map(
    ([glob, name]) => `${formatRefRules(rulesOf({ [glob]: [] }))}\t${name}\n`,
  );
  const [path = '', ...args] = shell.split(' ');
  const output = execFileSync(path, [...args, '-c', script], {
    input: input.join(''),
    env: { PATH: process.env['PATH'], [hookVariables.rules]: 'x' },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return output.trim().split('\n');
}

const words = [
  'a',
  'b',
  'ab',
  'heads',
  'main',
  'MAIN',
  'x-y',
  '.x',
  'é',
  'größe',
  '\u0081',
  '日本',
  '-n',
  '$x',
];
const component = fc.oneof(
  fc.constantFrom(...words),
  fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }).map((some) => some.join('')),
);
const globComponent = fc.oneof(
  component,
  fc.constantFrom('*', '**', '*', 'a*', '*b', '*a*', 'ma*n'),
  fc.tuple(component, component).map(([one, two]) => `${one}*${two}`),
);
const below = (part: fc.Arbitrary<string>) =>
  fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => ['refs', ...parts].join('/'));
const globs = fc
  .oneof(
    { weight: 9, arbitrary: below(globComponent) },
    { weight: 1, arbitrary: fc.constant('**') },
  )
  .filter((glob) => refGlobFault(glob) === undefined);

/** The glob, with something for its stars: so that half of the cases do match. */
const matchingName = (glob: string): fc.Arbitrary<string> =>
  fc.tuple(component, fc.array(component, { maxLength: 3 })).map(([one, some]) => {
    const name = glob
      .split('/')
      .flatMap((part) => (part === '**' ? some : [part.replaceAll('*', one)]))
      .join('/');
    return name.startsWith('refs/') ? name : `refs/${name}`;
  });

test.each(shells)(
  'globs mean in the hooks, run by %s, what those of repositories mean in the rules',
  (shell) => {
    const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
    const cases = fc.sample(
      globs.chain((glob) =>
        fc.tuple(fc.constant(glob), fc.oneof(below(component), matchingName(glob))),
      ),
      { numRuns: 300, seed },
    );
    const expected = cases.map(([glob, name]) =>
      compileGlobs([glob], false)(name) ? 'protected' : 'free',
    );
    const actual = matchInShell(shell, cases);
    const differences = cases
      .map((one, index) => [...one, `rules: ${expected[index]}`, `hooks: ${actual[index]}`])
      .filter((_, index) => expected[index] !== actual[index]);
    expect(differences, `seed ${seed}`).toEqual([]);
    expect(new Set(expected).size).toBe(2);
  },
);

test.each(shells)('no glob costs %s much, however nasty the name is', (shell) => {
  // By backtracking, hours or more for each. refGlobFault() lets no such glob through; of those that
  // it does, each would take up to a second for each name, and whoever pushes can send thousands.
  const dashes = '-'.repeat(1_000);
  const script = `${judge}
    export LC_ALL=C
    while IFS=' ' read -r name glob; do
      if matches "$name" "$glob"; then echo protected; else echo free; fi
    done`;
  const [path = '', ...args] = shell.split(' ');
  const output = execFileSync(path, [...args, '-c', script], {
    input: [
      `refs/${dashes} refs/*-*-*-*-*-*-*-*-x`,
      `refs/${dashes}x refs/*-*-*-*-*-*-*-*-x`,
      `refs/${dashes} refs/**/-*-*-*-*-*-*x*-`,
      `refs${'/-/a'.repeat(60)} refs/**/*-*/a/*-*/*b`,
      '',
    ].join('\n'),
    env: { PATH: process.env['PATH'], [hookVariables.rules]: 'x' },
    encoding: 'utf8',
  });
  expect(output.trim().split('\n')).toEqual(['free', 'protected', 'free', 'free']);
});

test.each(shells)('every byte that a ref name may have is matched as itself by %s', (shell) => {
  const names = Array.from({ length: 0x800 }, (_, code) =>
    String.fromCodePoint(code + 0x21),
  ).filter((character) => refGlobFault(`refs/x/${character}`) === undefined && character !== '*');
  const own = names.map((name) => [`refs/x/${name}`, `refs/x/${name}`] as const);
  const next = names.map((name) => [`refs/x/${name}`, `refs/x/${name}${name}`] as const);
  const star = names.map((name) => [`refs/*/${name}`, `refs/${name}x/${name}`] as const);
  expect(new Set(matchInShell(shell, own))).toEqual(new Set(['protected']));
  expect(new Set(matchInShell(shell, star))).toEqual(new Set(['protected']));
  expect(new Set(matchInShell(shell, next))).toEqual(new Set(['free']));
});

test.each([
  ['main', 'begin with refs/'],
  ['refs/', 'begin with refs/'],
  ['/refs/heads/main', 'begin with refs/'],
  ['refs/heads//main', 'empty component'],
  ['refs/heads/', 'empty component'],
  ['refs/heads/[ab]', 'special character'],
  ['refs/heads/?', 'special character'],
  ['refs/heads/{a,b}', 'special character'],
  ['refs/heads/!x', 'special character'],
  ['refs/heads/a b', 'no name of a ref may have'],
  ['refs/heads/a\nb', 'no name of a ref may have'],
  ['refs/heads/a\\b', 'no name of a ref may have'],
  ['refs/heads/../x', 'no name of a ref may have'],
  ['refs/heads/**x', 'beside other characters'],
  ['refs/**/a/**', 'more than once'],
  ['refs/heads/*-*-*-*-x', 'more than 3 stars between slashes'],
  ['refs/*a*b*c*d/**', 'more than 3 stars between slashes'],
])('the glob %j is refused: it could not be matched for certain', (glob, why) => {
  expect(refGlobFault(glob)).toContain(why);
  expect(() => formatRefRules(rulesOf({ [glob]: [] }))).toThrow(why);
});
