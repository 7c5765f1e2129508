import { appendFile, mkdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GitWsError } from '../../src/base/errors.js';
import { openReloadingFile } from '../../server/files/reloading-file.js';
import { temporaryDirectory } from '../helpers/temp.js';

let path: string;
let reports: string[];
let parsed: string[];

beforeEach(async () => {
  path = join(await temporaryDirectory(), 'settings');
  reports = [];
  parsed = [];
});

function parse(text: string): string {
  parsed.push(text);
  if (text.includes('broken')) throw new GitWsError('INVALID_OPTION', 'It is broken.');
  return text;
}

const open = () => openReloadingFile(path, parse, (sentence) => reports.push(sentence));

/** Makes the file old, so that its times prove that nothing changed since. */
async function age(): Promise<void> {
  const then = Date.now() / 1000 - 60;
  await utimes(path, then, then);
}

describe('a file that is reloaded', () => {
  it('says at each use what it says now', async () => {
    await writeFile(path, 'one');
    const file = await open();
    expect(await file.current()).toBe('one');
    await writeFile(path, 'three');
    expect(await file.current()).toBe('three');
    await writeFile(`${path}.new`, 'four');
    await rename(`${path}.new`, path);
    expect(await file.current()).toBe('four');
    expect(reports).toEqual([]);
  });

  it('is seen to change however fast, also within one tick of the clock of its file system', async () => {
    await writeFile(path, '000');
    const file = await open();
    for (let version = 1; version < 200; version += 1) {
      const text = String(version).padStart(3, '0');
      await writeFile(path, text);
      expect(await file.current()).toBe(text);
    }
  });

  it('is parsed again only when its text changed', async () => {
    await writeFile(path, 'one');
    const file = await open();
    await age();
    for (let use = 0; use < 5; use += 1) await file.current();
    expect(parsed).toEqual(['one']);
  });

  it('is seen to change by its times alone, once it was left alone for a while', async () => {
    await writeFile(path, 'one');
    await age();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
    try {
      const file = await open();
      const { mtime } = await stat(path);
      await writeFile(path, 'two');
      // As `cp --preserve` leaves it: only ctime tells.
      await utimes(path, mtime, mtime);
      expect(await file.current()).toBe('two');
    } finally {
      vi.useRealTimers();
    }
  });

  it('stays in force as it was when a new version is broken, and the operator is told once', async () => {
    await writeFile(path, 'one');
    const file = await open();
    await writeFile(path, 'broken');
    for (let use = 0; use < 5; use += 1) expect(await file.current()).toBe('one');
    expect(reports).toEqual(['It is broken. What it said before stays in force.']);
    await writeFile(path, 'two');
    expect(await file.current()).toBe('two');
    await writeFile(path, 'broken again');
    expect(await file.current()).toBe('two');
    expect(reports).toHaveLength(2);
  });

  it('stays in force when it is away, and is taken up again when it is back', async () => {
    await writeFile(path, 'one');
    const file = await open();
    await rm(path);
    expect(await file.current()).toBe('one');
    expect(await file.current()).toBe('one');
    expect(reports).toEqual([
      `${path} cannot be read: there is no such file. What it said before stays in force.`,
    ]);
    await writeFile(path, 'two');
    expect(await file.current()).toBe('two');
  });

  it('can be a symbolic link that is turned to another file', async () => {
    await writeFile(`${path}.1`, 'one');
    await writeFile(`${path}.2`, 'two');
    await symlink(`${path}.1`, path);
    const file = await open();
    await symlink(`${path}.2`, `${path}.link`);
    await rename(`${path}.link`, path);
    expect(await file.current()).toBe('two');
  });

  it('is read when asked to, and says whether that worked', async () => {
    await writeFile(path, 'one');
    const file = await open();
    await writeFile(path, 'broken');
    expect(await file.reload()).toBe(false);
    await writeFile(path, 'two');
    expect(await file.reload()).toBe(true);
    expect(await file.current()).toBe('two');
  });

  it('never gives somebody who asks after a change what it said before', async () => {
    await writeFile(path, '0');
    const file = await open();
    const answers: Promise<string>[] = [];
    for (let version = 1; version <= 50; version += 1) {
      void file.current();
      await appendFile(path, `,${version}`);
      answers.push(file.current());
    }
    for (const [index, answer] of (await Promise.all(answers)).entries()) {
      expect(answer.split(',').length).toBeGreaterThanOrEqual(index + 2);
    }
  });

  it.runIf(process.getuid?.() !== 0)('that is not for this user says so', async () => {
    await writeFile(path, 'secret', { mode: 0o000 });
    await expect(open()).rejects.toThrow("cannot be read: the server's user may not read it.");
  });

  it('that cannot be read at start is an error with a sentence', async () => {
    await expect(open()).rejects.toThrow(`${path} cannot be read: there is no such file.`);
    await mkdir(path);
    await expect(open()).rejects.toThrow(`${path} cannot be read: it is not a file.`);
    await rm(path, { recursive: true });
    await writeFile(path, Uint8Array.of(0xff, 0xfe));
    await expect(open()).rejects.toThrow(`${path} cannot be read: it is not UTF-8.`);
    await writeFile(path, 'broken');
    await expect(open()).rejects.toThrow('It is broken.');
  });
});
