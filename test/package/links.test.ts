/** Links between the project's documents, and from them to its files: none is dead. */
import { readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './consumer.js';

async function documents(): Promise<string[]> {
  const places = ['.', 'docs', 'docs/api', 'demo/static-site', 'test/corpus', 'test/removals'];
  const lists = places.map(async (place) =>
    (await readdir(join(root, place)))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(root, place, name)),
  );
  return (await Promise.all(lists)).flat();
}

const withoutCode = (text: string): string =>
  text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));

/** Anchors as GitHub and GitLab make them of headings, repeated ones numbered, and those of table rows. */
function anchorsOf(text: string): Set<string> {
  const plain = text.replace(/^```[^]*?^```/gm, '');
  const anchors = new Set([...plain.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id));
  const counts = new Map<string, number>();
  for (const [, heading = ''] of plain.matchAll(/^#+ (.*)$/gm)) {
    const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
    const anchor = words.replaceAll(' ', '-');
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

it('lead to files and headings that are there', async () => {
  const dead: string[] = [];
  let count = 0;
  for (const document of await documents()) {
    const text = await readFile(document, 'utf8');
    for (const [, link = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      count += 1;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : resolve(dirname(document), path);
      const isThere =
        existsSync(target) &&
        (anchor === undefined || anchorsOf(await readFile(target, 'utf8')).has(anchor));
      if (!isThere) dead.push(`${relative(root, document)}: ${link}`);
    }
  }
  expect(dead).toEqual([]);
  expect(count).toBeGreaterThan(50);
});

it('CONTRIBUTING.md names scripts and files that are there', async () => {
  const text = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  const paths = [
    ...text.matchAll(/(?<![\w/])((?:server|src|bin|test|docs|bench|\.ci|\.github)\/[\w./-]+)/g),
  ];
  const missing = paths.map(([, path = '']) => path.replace(/[.:]$/, ''));
  expect(missing.length).toBeGreaterThan(10);
  expect(missing.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
