/** File systems that do less than isomorphic-git asks of one. */
import { expect, it } from 'vitest';
import { gathers, promisesOf, storeTogether } from '../../src/storage/file-system.js';

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

it('gathers with a file system’s own functions, and not past those of a wrapper', async () => {
  const made: string[] = [];
  const own = { mkdir: (path: string) => Promise.resolve(void made.push(`own ${path}`)) };
  const gather = (work: (fs: object) => Promise<unknown>) =>
    work({ mkdir: (path: string) => Promise.resolve(void made.push(`gathered ${path}`)) });
  Object.assign(own, { gather: Object.assign(gather, { [gathers]: own }) });
  const wrapper = { ...own, mkdir: (path: string) => own.mkdir(`/wrapped${path}`) };
  for (const promises of [own, promisesOf({ promises: own }), wrapper])
    await storeTogether(promisesOf({ promises }), (fs) => fs.mkdir('/a'));
  expect(made).toEqual(['gathered /a', 'gathered /a', 'own /wrapped/a']);
});
