/** Rules for refs on an upstream, where no hook of this server can enforce them. */
import * as fs from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import git from '../../../src/git/index.js';
import { startForeignHost } from '../../helpers/foreign-host.js';
import { git as run, makeRepository } from '../../helpers/git.js';
import { startServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

const author = { name: 'Test Author', email: 'author@example.com' };

it.each([
  ['may be read and pushed to where they speak of others', 'refs/heads/other', '*/other.git'],
  ['may be read and not be pushed to where they speak of it', 'refs/heads/main', '*/site.git'],
])('a repository %s', async (_, ref, repositories) => {
  const base = await temporaryDirectory();
  const root = join(base, 'upstream');
  const { gitDir, head } = await makeRepository(join(root, 'site.git'));
  await run(['config', 'http.receivepack', 'true'], { cwd: gitDir });
  const host = await startForeignHost(root);
  await mkdir(join(base, 'local'));
  const protection = { rule: 'refs[0]', refs: [ref], allowed: ['update' as const] };
  const { url: gateway } = await startServer({
    ...{ root: join(base, 'local'), allowPush: true },
    upstreams: [{ url: host.url, private: true }],
    protectedRefs: (_user, name) => ({
      protections: name.endsWith(repositories.slice(1)) ? [protection] : [],
    }),
  });
  const dir = join(base, 'clone');
  await git.clone({ fs, dir, url: `${host.url}/site.git`, gateway });
  const oid = await git.commit({ fs, dir, message: 'own', author });
  const push = git.push({ fs, dir, gateway });
  const isRuled = repositories === '*/site.git';
  if (isRuled) await expect(push).rejects.toMatchObject({ data: { statusCode: 403 } });
  else await push;
  const main = await run(['rev-parse', 'refs/heads/main'], { cwd: gitDir });
  expect(main).toBe(isRuled ? head : oid);
});
