/** Parts of the element that need no browser, and its module where there is none. */
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cleanPath, formatFragment, parseFragment, type Place } from '../../src/element/place.js';
import { hasMarks } from '../../src/element/text/marks.js';
import { mergeTexts } from '../../src/element/text/merge.js';
import { root, run } from '../package/consumer.js';

describe('a permalink', () => {
  const places: readonly Place[] = [
    { ref: 'main', path: '', view: 'file' },
    { ref: 'topic/a b', path: 'größe/x:y?z#.md', view: 'file', lines: [3, 3] },
    { ref: 'v1', path: 'a/b.ts', view: 'file', lines: [3, 12] },
    { ref: 'v1', path: 'a/b.ts', view: 'history' },
    { ref: 'main', path: '', view: 'commit', commit: 'a'.repeat(40) },
  ];

  it.each(['', 'docs'])('is read as it was written, with the prefix "%s"', (prefix) => {
    for (const place of places) {
      expect(parseFragment(`#${formatFragment(place, prefix)}`, prefix)).toEqual(place);
      expect(parseFragment(`#${formatFragment(place, prefix)}`, 'other')).toBeUndefined();
    }
  });

  it('is none where the page means something else', () => {
    for (const text of ['', '#', '#chapter-1', '#%/a', '#main/%ff', '#main/a?commit=x']) {
      expect(parseFragment(text, ''), text).toBeUndefined();
    }
  });

  it('does not leave the repository', () => {
    expect(cleanPath('../../a/./b//../c')).toBe('a/c');
  });
});

describe('two edits', () => {
  it('of other lines become one, and of the same lines a question', () => {
    expect(mergeTexts('a\nb\nc\nd\n', 'A\nb\nc\nd\n', 'a\nb\nc\nD\n')).toEqual({
      ...{ text: 'A\nb\nc\nD\n', isConflict: false },
    });
    const { text, isConflict } = mergeTexts('a\n', 'mine\n', 'theirs\n');
    expect(isConflict && hasMarks(text)).toBe(true);
    expect(text).toContain('mine');
    expect(text).toContain('theirs');
  });
});

describe('the module', () => {
  it.each(['element/index.js', 'gitws-element.min.js'])(
    '%s can be loaded where there is no page',
    async (name) => {
      const code = `const { GitRepositoryElement } = await import(${JSON.stringify(join(root, 'dist', name))});
      console.log(typeof GitRepositoryElement);`;
      const result = await run(process.execPath, ['--input-type=module', '--eval', code], root);
      expect(result).toEqual({ code: 0, stdout: 'function\n', stderr: '' });
    },
  );

  it('is one script that a page names, within its size, and its hashes are written down', async () => {
    const script = await readFile(join(root, 'dist/gitws-element.min.js'));
    const size = gzipSync(script, { level: 9 }).length;
    expect(size).toBeLessThan(60 * 1024);
    const text = script.toString();
    expect(text).not.toMatch(/\b(import\s*["'{*]|from\s*["']|require\()/);
    const late = [...text.matchAll(/import\("\.\/(gitws-element\/[^"]+)"\)/g)].map(
      ([, name]) => name,
    );
    const hashes = JSON.parse(
      await readFile(join(root, 'dist/gitws-element.integrity.json'), 'utf8'),
    ) as Record<string, string>;
    expect(late.length).toBeGreaterThan(3);
    for (const name of ['gitws-element.min.js', ...late]) {
      const bytes = await readFile(join(root, 'dist', name ?? ''));
      const hash = createHash('sha384').update(bytes).digest('base64');
      expect(hashes[name ?? '']).toBe(`sha384-${hash}`);
    }
  });
});
