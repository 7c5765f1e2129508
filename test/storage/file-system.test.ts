/** File systems that do less than isomorphic-git asks of one. */
import { expect, it } from 'vitest';
import { promisesOf } from '../../src/storage/file-system.js';

it.each([
  ['promises', { promises: {} }],
  ['functions that give promises', { readFile: () => Promise.resolve() }],
  ['callbacks', { readFile: () => undefined }],
])('with %s, a function that is missing is an error, and is not waited for', async (_, fs) => {
  await expect(promisesOf(fs).stat('/site')).rejects.toThrow('The file system has no stat.');
});

it('what is thrown at once is a rejection like any other', async () => {
  const gone = Object.assign(new Error('gone'), { code: 'ENOENT' });
  const fs = {
    promises: {
      stat: (): Promise<never> => {
        throw gone;
      },
    },
  };
  await expect(promisesOf(fs).stat('/site').catch(String)).resolves.toBe('Error: gone');
});
