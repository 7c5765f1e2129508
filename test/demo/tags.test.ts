/** Tags of the demo's worker, held against real git. */
import { expect, it } from 'vitest';
import { createTag, removeTag } from '../../demo/worker/tags.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { onDisk } from './on-disk.js';

it('names a commit for git, and takes the name away where git has packed it', async () => {
  const dir = `${await temporaryDirectory()}/clone`;
  await makeRepository(`${dir}.git`, { commits: 2 });
  await git(['clone', '-q', '--no-tags', `${dir}.git`, dir]);
  const run = (...args: string[]): Promise<string> => git(args, { cwd: dir });
  const oid = await run('rev-parse', 'HEAD~1');
  const repository = onDisk(dir);
  await createTag({ ...repository, name: 'on/time', oid });
  await createTag({ ...repository, name: 'v1', oid });
  expect(await run('tag', '--points-at', oid)).toBe('on/time\nv1');
  await expect(createTag({ ...repository, name: 'v1', oid })).rejects.toMatchObject({
    code: 'AlreadyExistsError',
  });
  for (const name of ['', 'a b', 'a..b', 'a.lock', '/a', 'a~1']) {
    await expect(createTag({ ...repository, name, oid }), name).rejects.toMatchObject({
      code: 'InvalidRefNameError',
    });
  }
  await run('pack-refs', '--all');
  await removeTag({ ...repository, name: 'v1' });
  expect(await run('tag', '--list')).toBe('on/time');
  await expectSoundRepository(dir);
});
