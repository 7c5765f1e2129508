/** A push whose server says less than it should, or is gone: begun anew before anything was sent, never after. */
import fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import git, { type PushArguments } from '../../src/git/index.js';
import { startFakeServer, type FakeSession } from '../helpers/fake-server.js';
import { pktLine } from '../helpers/git-stream.js';
import { git as realGit } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

const zeros = '0'.repeat(40);
let dir: string;
let [base, head] = ['', ''];

beforeAll(async () => {
  dir = await temporaryDirectory();
  await realGit(['init', '-q', '-b', 'main', dir]);
  for (const name of ['one', 'two']) {
    await writeFile(join(dir, name), name);
    await realGit(['add', '.'], { cwd: dir });
    await realGit(['commit', '-qm', name], { cwd: dir });
  }
  base = await realGit(['rev-parse', 'main~1'], { cwd: dir });
  head = await realGit(['rev-parse', 'main'], { cwd: dir });
});

function advertise(oid = base, capabilities = 'report-status delete-refs side-band-64k') {
  return Buffer.concat([pktLine(`${oid} refs/heads/main\0${capabilities}\n`), Buffer.from('0000')]);
}

function banded(...lines: string[]): Uint8Array {
  const report = Buffer.concat([...lines.map((line) => pktLine(`${line}\n`)), Buffer.from('0000')]);
  return Buffer.concat([pktLine(Buffer.concat([Buffer.of(1), report])), Buffer.from('0000')]);
}

/** Pushes to a server that plays one script after the other, the last one again and again. */
async function pushTo(
  scripts: readonly ((session: FakeSession) => void | Promise<void>)[],
  given: Partial<PushArguments> = {},
) {
  let connections = 0;
  const server = await startFakeServer(async (session) => {
    const script = scripts[Math.min(connections, scripts.length - 1)];
    connections += 1;
    await script?.(session);
  });
  const result = await git.push({ fs, dir, url: `${server.url}/x.git`, ...given }).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error as { code: string; data: { refs?: unknown } } }),
  );
  return { ...result, connections: () => connections };
}

const good = async (session: FakeSession): Promise<void> => {
  session.write(advertise());
  await session.body;
  session.write(banded('unpack ok', 'ok refs/heads/main'));
  session.exit(0);
};

describe('a push', () => {
  it('whose session is lost before anything was sent is begun anew, and its caller asked once', async () => {
    let asked = 0;
    const lost: Promise<void>[] = [];
    const pushed = await pushTo(
      [
        (session) => {
          session.write(advertise());
          lost.push(session.closed);
          setTimeout(() => session.drop(), 50);
        },
        good,
      ],
      {
        onPrePush: async () => {
          asked += 1;
          await lost[0];
          await new Promise((resolve) => setTimeout(resolve, 200));
          return true;
        },
      },
    );
    expect('value' in pushed && pushed.value).toMatchObject({ ok: true });
    expect({ asked, connections: pushed.connections() }).toEqual({ asked: 1, connections: 2 });
  });

  it('whose session is lost within the advertisement is begun anew', async () => {
    const pushed = await pushTo([
      (session) => {
        session.write(advertise().subarray(0, 30));
        setTimeout(() => session.drop(), 50);
      },
      good,
    ]);
    expect('value' in pushed && pushed.value).toMatchObject({ ok: true });
  });

  const doubtful: Record<string, (session: FakeSession) => void> = {
    'is lost': (session) => session.drop(),
    'says nothing of the ref': (session) => {
      session.write(banded('unpack ok', 'ok refs/heads/other'));
      session.exit(0);
    },
    'is cut': (session) => {
      session.write(banded('unpack ok', 'ok refs/heads/main').subarray(0, 20));
      session.exit(0);
    },
    'does not come': (session) => session.exit(0),
  };
  for (const [what, end] of Object.entries(doubtful)) {
    it(`whose report ${what} is in doubt, and tells what the server says then`, async () => {
      const pushed = await pushTo([
        async (session) => {
          session.write(advertise());
          await session.body;
          end(session);
        },
        async (session) => {
          session.write(advertise(head));
          await session.body;
          session.exit(0);
        },
      ]);
      expect('error' in pushed && pushed.error).toMatchObject({
        code: 'PUSH_OUTCOME_UNKNOWN',
        data: { refs: [{ ref: 'refs/heads/main', old: base, wanted: head, current: head }] },
      });
    });
  }

  it('whose report is a refusal of the pack rejects with it', async () => {
    const pushed = await pushTo([
      async (session) => {
        session.write(advertise());
        await session.body;
        session.write(
          banded('unpack index-pack abnormal exit', 'ng refs/heads/main unpacker error'),
        );
        session.exit(0);
      },
    ]);
    expect('error' in pushed && pushed.error).toMatchObject({
      code: 'GitPushError',
      data: { result: { ok: false, error: 'index-pack abnormal exit' } },
    });
  });

  it('asks for no more than the server knows: no band, no distances, no thin pack', async () => {
    let body = '';
    const pushed = await pushTo([
      async (session) => {
        session.write(advertise(base, 'report-status no-thin'));
        body = Buffer.from(await session.body).toString('latin1');
        session.write(
          Buffer.concat([
            pktLine('unpack ok\n'),
            pktLine('ok refs/heads/main\n'),
            Buffer.from('0000'),
          ]),
        );
        session.exit(0);
      },
    ]);
    expect('value' in pushed && pushed.value).toMatchObject({ ok: true });
    expect(body.slice(4, body.indexOf('0000PACK'))).toBe(
      `${base} ${head} refs/heads/main\0 report-status`,
    );
  });

  for (const [capabilities, given, capability] of [
    ['side-band-64k', {}, 'report-status'],
    ['report-status', { ref: 'main', delete: true }, 'delete-refs'],
  ] as const) {
    it(`to a server without ${capability} is refused before anything is sent`, async () => {
      const bodies: Promise<Uint8Array>[] = [];
      const pushed = await pushTo(
        [
          (session) => {
            session.write(advertise(base, capabilities));
            bodies.push(session.body);
          },
        ],
        given,
      );
      expect('error' in pushed && pushed.error).toMatchObject({
        code: 'UNSUPPORTED_CAPABILITY',
        data: { capability },
      });
    });
  }

  it('to an empty repository names no old object', async () => {
    let body = '';
    const capabilities = 'report-status';
    const pushed = await pushTo([
      async (session) => {
        session.write(pktLine(`${zeros} capabilities^{}\0${capabilities}\n`), '0000');
        body = Buffer.from(await session.body).toString('latin1');
        session.write(pktLine('unpack ok\n'), pktLine('ok refs/heads/main\n'), '0000');
        session.exit(0);
      },
    ]);
    expect('value' in pushed && pushed.value).toMatchObject({ ok: true });
    expect(body.slice(4, 85)).toBe(`${zeros} ${head}`);
  });
});
