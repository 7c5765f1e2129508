/** Native git against a server that says what no real one would, at the moment that matters. */
import { describe, expect, it } from 'vitest';
import { startFakeServer, type FakeSession } from '../helpers/fake-server.js';
import { pktLine } from '../helpers/git-stream.js';
import { gitStatus, type GitResult } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';

const oid = '1'.repeat(40);
const environment = nativeEnvironment();
const advertisement = [
  pktLine(`${oid} HEAD\0symref=HEAD:refs/heads/main object-format=sha1\n`),
  pktLine(`${oid} refs/heads/main\n`),
  '0000',
];

/** `git ls-remote` in protocol version 0, by way of git-remote-ws or gitws-ssh. */
async function lsRemote(
  scheme: 'ws' | 'ssh',
  script: (session: FakeSession) => void | Promise<void>,
): Promise<GitResult & { url: string }> {
  const { url: base } = await startFakeServer(script);
  const url = `${base.replace('http', scheme)}/a.git`;
  const env = { ...(await environment), GIT_SSH_COMMAND: 'gitws-ssh', GIT_SSH_VARIANT: 'ssh' };
  return { ...(await gitStatus(['-c', 'protocol.version=0', 'ls-remote', url], { env })), url };
}

describe.each(['ws', 'ssh'] as const)('native git over %s', (scheme) => {
  it('does not wait for the end of a service that it wants nothing more of', async () => {
    let closed: Promise<void> | undefined;
    const { code, stdout, stderr } = await lsRemote(scheme, (session) => {
      session.write(...advertisement);
      closed = session.closed;
      // And never exit.
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${oid}\tHEAD`);
    await closed;
  });

  it('shows what the server’s git says as the remote’s words, with nothing in it to obey', async () => {
    const { code, stderr } = await lsRemote(scheme, async (session) => {
      session.writeStderr('warning: \u001b[31mred\u001b]0;title\u0007\r');
      session.write(...advertisement.slice(0, -1));
      session.writeStderr('fatal: it is\nbroken');
      session.exit(128);
      await session.closed;
    });
    expect(code).toBe(128);
    const lines = stderr.split('\n').filter((line) => line.startsWith('remote: '));
    expect(lines).toEqual([
      'remote: warning: [31mred]0;title',
      'remote: fatal: it is',
      'remote: broken',
    ]);
    expect(stderr).not.toContain('\u001b');
  });

  it('says that git on the server was killed', async () => {
    const { code, stderr } = await lsRemote(scheme, async (session) => {
      session.exit('SIGKILL');
      await session.closed;
    });
    expect(code).toBe(128);
    expect(stderr).toContain(': git on the server was ended by SIGKILL\n');
  });

  it('says why the server ended it in the middle', async () => {
    const { code, stderr, url } = await lsRemote(scheme, async (session) => {
      session.write(...advertisement.slice(0, -1));
      session.refuse(4503, 'The server is shutting down.');
      await session.closed;
    });
    expect(code).toBe(128);
    expect(stderr).toContain(
      `the connection to '${url.replace('ssh', 'ws')}' was lost: the server ended it: The server is shutting down.\n`,
    );
  });

  it('says that the connection broke off', async () => {
    const { code, stderr } = await lsRemote(scheme, (session) => {
      session.write(...advertisement.slice(0, -1));
      session.drop();
    });
    expect(code).toBe(128);
    expect(stderr).toMatch(/the connection to '[^']+' was lost: it broke off\n/);
  });
});
