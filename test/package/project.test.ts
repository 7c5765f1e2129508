/** What no other tool checks of the project's own files. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readManifest, root } from './consumer.js';

describe('the names of source files', () => {
  it.each(['src', 'server', 'bin'])(
    'say in %s what a file does, in words of git',
    async (folder) => {
      const banned =
        /(^|[-/.])(managers?|handlers?|utils?|helpers?|common|misc|packets?|sha)([-/.]|$)/i;
      const paths = await readdir(join(root, folder), { recursive: true });
      expect(paths.filter((path) => banned.test(path))).toEqual([]);
    },
  );

  it.each(['src', 'server', 'bin'])('are lower case with hyphens in %s', async (folder) => {
    const paths = await readdir(join(root, folder), { recursive: true });
    expect(paths.filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual([]);
  });
});

describe('the error codes of the library', () => {
  it('have a heading each in docs/protocol.md, and no other is there', async () => {
    const source = await readFile(join(root, 'src/base/error-data.ts'), 'utf8');
    const [, type = ''] = /export interface ErrorData \{(.*?)^\}/ms.exec(source) ?? [];
    const codes = [...type.matchAll(/^ {2}(\w+): /gm)].map(([, code]) => code);
    expect(codes).toContain('CONNECTION_LOST');
    const protocol = await readFile(join(root, 'docs/protocol.md'), 'utf8');
    const [, chapter = ''] = /^## 11\. Error codes[^\n]*\n(.*?)^## /ms.exec(protocol) ?? [];
    const headings = [...chapter.matchAll(/^### (.*)$/gm)].flatMap(([, line = '']) =>
      line.split(', '),
    );
    expect(headings.sort()).toEqual(codes.sort());
  });
});

describe('what npm installs', () => {
  it('comes from whatever registry npm is set to: the lock file names none', async () => {
    const lock = await readFile(join(root, 'package-lock.json'), 'utf8');
    expect(lock).not.toContain('"resolved"');
    expect(await readFile(join(root, '.npmrc'), 'utf8')).not.toMatch(/:\/\/|registry\s*=/);
  });

  it('is CodeMirror 6: the version that npm calls the latest is CodeMirror 5', async () => {
    const { devDependencies } = await readManifest();
    expect(devDependencies['codemirror']).toBe('6.0.2');
  });
});
