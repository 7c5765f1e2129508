/** The two files for a CDN, outside a browser: that they are whole and ask for nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { root, run } from './consumer.js';

const names = Object.keys(library).sort();

describe('the script for a page', () => {
  it('defines `gitws` and nothing else, where there is the language and text, but no page', async () => {
    const code = await readFile(join(root, 'dist/gitws.global.js'), 'utf8');
    const context = createContext({ TextDecoder, TextEncoder });
    runInContext(code, context);
    expect(Object.keys(context)).toEqual(['TextDecoder', 'TextEncoder', 'gitws']);
    expect(runInContext('Object.keys(gitws).sort().join()', context)).toBe(names.join());
  });
});

describe('the module for a page', () => {
  it('exports what the library exports', async () => {
    const url = pathToFileURL(join(root, 'dist/gitws.min.js')).href;
    const code = `console.log(Object.keys(await import('${url}')).sort().join())`;
    const result = await run(process.execPath, ['--input-type=module', '--eval', code], root);
    expect(result).toEqual({ code: 0, stdout: `${names.join()}\n`, stderr: '' });
  });

  it('has the size that README.md tells, within 1 KB', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, told = ''] = /\| the library in a page, gzip \| ([\d.]+) KB \|/.exec(readme) ?? [];
    const code = await readFile(join(root, 'dist/gitws.min.js'));
    const size = gzipSync(code, { level: 9 }).length / 1000;
    expect(Math.abs(size - Number(told)), `it has ${size} KB`).toBeLessThan(1);
  });

  it('imports nothing but the pack engine and plain HTTP beside it, when they are needed', async () => {
    const all = await readFile(join(root, 'dist/gitws.min.js'), 'utf8');
    const lazily = ['import("./gitws-pack.min.js")', 'import("./gitws-http.min.js")'];
    let code = all;
    for (const one of lazily) {
      expect(all.split(one)).toHaveLength(2);
      code = code.replace(one, '');
    }
    // Once more by its address, where that failed.
    const again = /import\(`\$\{\w+\}\?again=[^`]*`\)/g;
    expect(code.match(again)).toHaveLength(1);
    expect(code.replace(again, '')).not.toMatch(/\b(import\s*["'({*]|from\s*["']|require\()/);
  });
});
