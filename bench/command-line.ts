/** The command line of the benchmarks. */
import { parseArgs } from 'node:util';
import type { Part } from './context.js';
import { sizes, type Size } from './generate.js';

/** What the command line says. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly sizes: readonly Size[];
  /** Paths of local repositories. */
  readonly repositories: readonly string[];
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** A commit whose build is measured as well. */
  readonly compare: string | undefined;
  /** Where to write the report as JSON. */
  readonly json: string | undefined;
}

/** @returns the text of `--help`. */
export function usage(parts: readonly Part[]): string {
  const names = Object.keys(sizes).join(', ');
  return `npm run bench -- [options]

  --quick          everything once with a tiny input, for correctness only
  --size NAME      a generated repository: ${names}; may be repeated
                   (default: small and medium; none where --repo is given)
  --repo PATH      any local repository; may be repeated
  --only NAME      one part of those below; may be repeated (default: all)
  --rounds N       how often everything is measured (default: 5)
  --compare REF    the build of this commit as well, in turns, and what each figure is to its
  --json FILE      write the results there too
  --help           this text

parts:
${parts.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}
`;
}

/** @throws Error with a sentence for whoever typed it. */
export function parseOptions(args: readonly string[], parts: readonly Part[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      size: { type: 'string', multiple: true },
      repo: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      compare: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const { help, quick, repo, json, compare } = values;
  const usual: Size[] = repo.length > 0 ? [] : quick ? ['tiny'] : ['small', 'medium'];
  return {
    help,
    quick,
    json,
    compare,
    sizes: values.size?.map(parseSize) ?? usual,
    repositories: repo,
    parts: values.only?.map((name) => findPart(name, parts)) ?? parts,
    rounds: parseRounds(values.rounds ?? (quick ? '1' : '5')),
  };
}

function parseSize(name: string): Size {
  if (Object.hasOwn(sizes, name)) return name as Size;
  throw new Error(`There is no size "${name}": it is one of ${Object.keys(sizes).join(', ')}.`);
}

function findPart(name: string, parts: readonly Part[]): Part {
  const part = parts.find((candidate) => candidate.name === name);
  if (part !== undefined) return part;
  const names = parts.map((each) => each.name).join(', ');
  throw new Error(`There is no part "${name}": it is one of ${names}.`);
}

function parseRounds(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error('--rounds must be a whole number from 1 to 9999.');
}
