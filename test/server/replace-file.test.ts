import { chmod, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../server/files/replace-file.js';
import { temporaryDirectory } from '../helpers/temp.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory, 'secrets');
});

describe('a file that is replaced', () => {
  it('is new with mode 0600, or keeps its mode without what everybody may', async () => {
    await replaceFile(path, (text) => `${String(text)}\n`);
    expect(await readFile(path, 'utf8')).toBe('undefined\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await chmod(path, 0o644);
    await replaceFile(path, (text) => `${text ?? ''}more\n`);
    expect(await readFile(path, 'utf8')).toBe('undefined\nmore\n');
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(directory)).toEqual(['secrets']);
  });

  it('is as it was when the edit fails', async () => {
    await writeFile(path, 'old');
    const edit = () => {
      throw new Error('no');
    };
    await expect(replaceFile(path, edit)).rejects.toThrow('no');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['secrets']);
  });

  it('is changed by one at a time: nobody undoes what another did meanwhile', async () => {
    const edits = Array.from({ length: 20 }, (_, index) =>
      replaceFile(path, (text) => `${text ?? ''}${index}\n`).then(
        () => `${index}`,
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'INVALID_OPTION' });
          return undefined;
        },
      ),
    );
    const done = (await Promise.all(edits)).filter((index) => index !== undefined);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.sort()).toEqual(done.sort());
  });

  it('behind a symbolic link is the file that the link names', async () => {
    await writeFile(join(directory, 'real'), 'old');
    await symlink('real', path);
    await replaceFile(path, () => 'new');
    expect(await readFile(join(directory, 'real'), 'utf8')).toBe('new');
    expect((await readdir(directory)).sort()).toEqual(['real', 'secrets']);
  });
});
