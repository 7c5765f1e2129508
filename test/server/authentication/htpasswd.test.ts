import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as bcryptjs from 'bcryptjs';
import { compare, hash as bcryptHash } from 'bcryptjs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Authenticate } from '../../../server/admission/access.js';
import { authenticateByHtpasswd } from '../../../server/authentication/htpasswd.js';
import { parseHtpasswd } from '../../../server/authentication/htpasswd-file.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { attempt, basic, bearer } from './attempts.js';

// The real function, watched: what it costs is what an attacker could measure.
vi.mock('bcryptjs', async (original) => {
  const real = await original<typeof bcryptjs>();
  return { ...real, compare: vi.fn(real.compare) };
});

const watched = vi.mocked<(password: string, hash: string) => Promise<boolean>>(compare);

let file: string;
let alice: string;
let bob: string;

beforeAll(async () => {
  alice = await bcryptHash('correct horse', 4);
  bob = (await bcryptHash('hunter2', 7)).replace('$2b$', '$2y$');
});

beforeEach(async () => {
  file = join(await temporaryDirectory(), 'users.htpasswd');
  await writeFile(file, `# staff\nalice:${alice}\n\nbob:${bob}\r\n`);
  watched.mockClear();
});

/** Rounds of bcrypt since the last call, and the checks that were made. */
function rounds(): number {
  const costs = watched.mock.calls.map(([, hash]) => Number(hash.slice(4, 6)));
  watched.mockClear();
  return costs.reduce((sum, cost) => sum + 2 ** cost, 0);
}

describe('signing in by htpasswd', () => {
  it('knows who is in the file and has the password, of each bcrypt kind', async () => {
    const authenticate = await authenticateByHtpasswd({ file });
    expect(await authenticate(basic('alice', 'correct horse'))).toEqual({ name: 'alice' });
    expect(await authenticate(basic('bob', 'hunter2'))).toEqual({ name: 'bob' });
  });

  it('knows nobody else', async () => {
    const authenticate = await authenticateByHtpasswd({ file });
    for (const wrong of [
      basic('alice', 'hunter2'),
      basic('alice', ''),
      basic('Alice', 'correct horse'),
      basic('', ''),
      basic('carol', 'correct horse'),
      basic('__proto__', 'x'),
      basic('alice', alice),
      bearer('correct horse'),
      attempt({ scheme: 'other' }),
      attempt(undefined),
    ]) {
      expect(await authenticate(wrong)).toBeNull();
    }
  });

  it('costs the same for a name that exists and one that does not, so that time tells no names', async () => {
    const authenticate = await authenticateByHtpasswd({ file });
    await authenticate(basic('nobody', 'guess'));
    const unknown = rounds();
    await authenticate(basic('bob', 'guess'));
    const known = rounds();
    // Alice's hash is cheaper than bob's: alone it would tell that she exists.
    await authenticate(basic('alice', 'guess'));
    const cheaper = rounds();
    expect([unknown, known, cheaper]).toEqual([2 ** 7, 2 ** 7, 2 ** 7]);
  });

  it('costs as much when the file is empty', async () => {
    await writeFile(file, '');
    const authenticate = await authenticateByHtpasswd({ file });
    expect(await authenticate(basic('nobody', 'guess'))).toBeNull();
    expect(rounds()).toBe(2 ** 10);
  });

  it('never lets anybody in by a made-up hash', async () => {
    watched.mockResolvedValueOnce(true);
    const authenticate = await authenticateByHtpasswd({ file });
    expect(await authenticate(basic('nobody', 'guess'))).toBeNull();
  });

  it('knows a new password and forgets a removed user with the next attempt', async () => {
    const authenticate = await authenticateByHtpasswd({ file });
    await writeFile(file, `alice:${bob}\n`);
    expect(await authenticate(basic('alice', 'correct horse'))).toBeNull();
    expect(await authenticate(basic('alice', 'hunter2'))).toEqual({ name: 'alice' });
    expect(await authenticate(basic('bob', 'hunter2'))).toBeNull();
  });

  it('goes on with the old file when the new one is broken, and says so', async () => {
    const reports: string[] = [];
    const report = (sentence: string) => reports.push(sentence);
    const authenticate = await authenticateByHtpasswd({ file, report });
    await writeFile(file, `alice:${alice}\nbob\n`);
    expect(await authenticate(basic('alice', 'correct horse'))).toEqual({ name: 'alice' });
    expect(reports).toEqual([
      `${file}, line 2: it is not NAME:HASH. What it said before stays in force.`,
    ]);
  });

  it('checks one password at a time, and refuses a flood with 4503 instead of queueing it', async () => {
    let underWay = 0;
    let most = 0;
    let refuseEnough = () => {};
    const enoughRefused = new Promise<void>((resolve) => {
      refuseEnough = resolve;
    });
    const slow = async (): Promise<boolean> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await enoughRefused;
      underWay -= 1;
      return false;
    };
    watched.mockImplementation(slow);
    const authenticate: Authenticate = await authenticateByHtpasswd({ file });
    const refusals: unknown[] = [];
    const flood = Array.from({ length: 100 }, () =>
      Promise.resolve(authenticate(basic('nobody', 'guess'))).catch((error: unknown) => {
        refusals.push(error);
        if (refusals.length === 100 - 32) refuseEnough();
      }),
    );
    await Promise.all(flood);
    expect(most).toBe(1);
    expect(refusals).toHaveLength(100 - 32);
    expect(refusals[0]).toMatchObject({ code: 'REFUSED', data: { closeCode: 4503 } });
    expect(await authenticate(basic('nobody', 'guess'))).toBeNull();
    watched.mockReset();
  });
});

describe('an htpasswd file', () => {
  const md5 = '$apr1$8sFt66rZ$U1lKKvm8jdV0Ut/kTBwRJ1';
  it.each([
    ['x:$apr1$8sFt66rZ$U1lKKvm8jdV0Ut/kTBwRJ1', 'Apache MD5 ($apr1$)'],
    ['x:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'SHA-1 ({SHA})'],
    ['x:$5$rounds=1000$a$b', 'SHA-256 crypt ($5$)'],
    ['x:$6$a$b', 'SHA-512 crypt ($6$)'],
    ['x:$1$a$b', 'MD5 crypt ($1$)'],
    ['x:$argon2id$v=19$m=1,t=1,p=1$a$b', 'Argon2'],
    ['x:rqXexS6ZhobKA', 'DES crypt'],
    ['x:password', 'no known kind'],
    ['x:', 'no known kind'],
    ['x:$2y$10$short', 'not a whole bcrypt hash'],
  ])('with %s is refused at start: it can be guessed, or is no hash', (line, kind) => {
    expect(() => parseHtpasswd(`ok:${alice}\n${line}\n`, 'users')).toThrow(kind);
    expect(() => parseHtpasswd(`ok:${alice}\n${line}\n`, 'users')).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: { line: 2 } }) as Error,
    );
  });

  it('is refused with a sentence that names line and user and never shows the hash', () => {
    let sentence = '';
    try {
      parseHtpasswd(`# first\nbob:${md5}\n`, '/etc/gitws/users');
    } catch (error) {
      sentence = (error as Error).message;
    }
    expect(sentence).toBe(
      '/etc/gitws/users, line 2: the hash of "bob" is of the kind Apache MD5 ($apr1$); ' +
        'only bcrypt is accepted, as htpasswd -B makes it.',
    );
  });

  it('is refused where it names a user twice, or nobody, or a cost that would hold the server', () => {
    expect(() => parseHtpasswd(`a:${alice}\na:${bob}\n`, 'f')).toThrow('f, line 2: there is an');
    expect(() => parseHtpasswd(`:${alice}\n`, 'f')).toThrow('f, line 1: it is not NAME:HASH.');
    const costly = alice.replace('$04$', '$31$');
    expect(() => parseHtpasswd(`a:${costly}\n`, 'f')).toThrow('has cost 31, not 4 to 15');
  });
});
