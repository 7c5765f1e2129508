/**
 * Makes a release: `node scripts/release.mjs patch|minor|major|X.Y.Z [--dry-run]`. It sets the version,
 * closes the chapter "Unreleased" of CHANGELOG.md, commits both and makes a tag. It publishes nothing:
 * .github/workflows/release.yml does, when the tag is pushed, with a proof of where it was built.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * @param {string} changelog
 * @param {string} version
 * @param {string} date
 * @returns {string} the same, with what was not released yet under the version's heading.
 */
export function closeChapter(changelog, version, date) {
  const [, before, chapter, after] =
    /^([^]*?)^## Unreleased\n([^]*?)(?=^## |(?![^]))([^]*)$/m.exec(changelog) ?? [];
  if (before === undefined || chapter === undefined) {
    throw new Error('CHANGELOG.md has no chapter "## Unreleased".');
  }
  if (chapter.trim() === '') throw new Error('CHANGELOG.md says of nothing that it is new.');
  return `${before}## Unreleased\n\n## ${version} (${date})\n${chapter}${after}`;
}

/**
 * @param {string} command
 * @param {...string} args
 * @returns {string} what it printed.
 */
function run(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** @param {readonly string[]} args */
function main(args) {
  const isDry = args.includes('--dry-run');
  const [level, ...rest] = args.filter((arg) => arg !== '--dry-run');
  if (
    level === undefined ||
    rest.length > 0 ||
    !/^(patch|minor|major|\d+\.\d+\.\d+)$/.test(level)
  ) {
    throw new Error('Which version? Say patch, minor, major, or one such as 1.2.3.');
  }
  if (run('git', 'status', '--porcelain') !== '') {
    throw new Error('Something is not committed: a release is what a commit is.');
  }
  const files = ['package.json', 'package-lock.json', 'CHANGELOG.md'];
  try {
    run('npm', 'version', level, '--no-git-tag-version');
    /** @type {{ version: string }} */
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    if (run('git', 'tag', '--list', `v${version}`) !== '') throw new Error(`v${version} is there.`);
    const date = new Date().toISOString().slice(0, 10);
    writeFileSync(
      'CHANGELOG.md',
      closeChapter(readFileSync('CHANGELOG.md', 'utf8'), version, date),
    );
    if (isDry) {
      console.log(run('git', 'diff', '--', ...files));
      console.log(`This would be v${version}. Nothing was changed.`);
      return;
    }
    run('git', 'commit', '--quiet', '--message', `Release ${version}`, '--', ...files);
    run('git', 'tag', '--annotate', `v${version}`, '--message', `gitws ${version}`);
    console.log(`v${version} is tagged: git push --follow-tags publishes it.`);
  } finally {
    // Of a dry run and of a failed one nothing is left; of a release there is nothing to take back.
    run('git', 'checkout', '--quiet', '--', ...files);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
