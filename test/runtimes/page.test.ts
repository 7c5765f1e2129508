/** docs/runtimes.md says which versions were tried: those of the lock files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lockedVersions } from '../helpers/own-project.js';
import { root } from '../package/consumer.js';
import { runtimes, runtimesFolder } from './runtimes.js';

const bundlersFolder = fileURLToPath(new URL('../bundlers/', import.meta.url));

/** The second column of a table, by the first. */
async function versionsTold(heading: string): Promise<Record<string, string>> {
  const text = await readFile(join(root, 'docs/runtimes.md'), 'utf8');
  const [, chapter = ''] = text.split(`## ${heading}\n`);
  const rows = chapter.split('\n## ')[0]?.matchAll(/^\| ([^|]+?) \| ([\d.]+) \|/gm) ?? [];
  return Object.fromEntries([...rows].map(([, name = '', version = '']) => [name, version]));
}

describe('docs/runtimes.md', () => {
  it('has each runtime with the version that is tried', async () => {
    const locked = await lockedVersions(runtimesFolder);
    const tried = runtimes.map(({ title, packages }): [string, string] => {
      const [version, ...others] = new Set(packages.map((name) => locked.get(name)?.version));
      expect(others, `${title} is of one version`).toEqual([]);
      return [title, `${version}`];
    });
    expect(await versionsTold('Node.js, Bun and Deno')).toEqual(Object.fromEntries(tried));
  });

  it('has the oldest Node.js that package.json allows', async () => {
    const told = await versionsTold('Node.js, Bun and Deno');
    const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe(`>=${told['Node.js, the oldest']}`);
  });

  it('has each bundler with the version that is tried', async () => {
    const [own, theirs] = [await lockedVersions(root), await lockedVersions(bundlersFolder)];
    expect(await versionsTold('Bundlers')).toEqual({
      Vite: own.get('vite')?.version,
      webpack: theirs.get('webpack')?.version,
      esbuild: own.get('esbuild')?.version,
    });
  });
});

describe('the lock files of the runtimes and the bundlers', () => {
  it.each(['runtimes', 'bundlers'])('name no registry, and every hash: %s', async (name) => {
    const folder = join(root, 'test', name);
    const text = await readFile(join(folder, 'package-lock.json'), 'utf8');
    expect(text).not.toContain('"resolved"');
    const { packages } = JSON.parse(text) as { packages: Record<string, object> };
    const unsure = Object.entries(packages).filter(([, one]) => !('integrity' in one));
    expect(unsure.map(([path]) => path)).toEqual(['']);
    const { dependencies, optionalDependencies } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string> | undefined>;
    for (const version of Object.values({ ...dependencies, ...optionalDependencies })) {
      expect(version).toMatch(/^(npm:[\w-]+@)?\d+\.\d+\.\d+$/);
    }
  });
});
