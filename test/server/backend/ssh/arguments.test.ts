/** What ssh is started with: nothing of it is a client's but a path, quoted. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { remoteCommand, sshArguments } from '../../../../server/backend/upstream/ssh/arguments.js';
import { parseSshAddress } from '../../../../server/backend/upstream/ssh/address.js';
import { Upstreams } from '../../../../server/backend/upstream/upstreams.js';

const address = { user: 'git', hostname: 'forge.example', port: 2222 };
const task = {
  ...{ address, connectTo: '192.0.2.1', connectTime: 1_500, log: '/log', sockets: '/sockets' },
  files: { key: '/keys/100% mine', knownHosts: '/known hosts' },
  command: "git-upload-pack '/site.git'",
};

/** What ssh itself makes of the arguments (`ssh -G`), whatever a configuration says. */
function understood(more: Partial<Parameters<typeof sshArguments>[0]> = {}): Map<string, string> {
  const args = sshArguments({ ...task, ...more });
  // In place of its log, which it would open.
  const [file, config, , , ...others] = args;
  const said = execFileSync('ssh', ['-G', file ?? '', config ?? '', ...others], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = said.trim().split('\n');
  return new Map(
    lines.map((line): [string, string] => {
      const end = line.indexOf(' ');
      return [line.slice(0, end), line.slice(end + 1)];
    }),
  );
}

describe('ssh understands', () => {
  it('where to go, and as whom', () => {
    expect(Object.fromEntries(understood())).toMatchObject({
      ...{ hostname: '192.0.2.1', port: '2222', user: 'git', connecttimeout: '2' },
      hostkeyalias: '[forge.example]:2222',
    });
  });

  it('the paths of the operator, with blanks and percent signs in them', () => {
    const settings = understood();
    expect(settings.get('userknownhostsfile')).toBe('/known hosts');
    // %% is a percent sign by the time it is opened.
    expect(settings.get('identityfile')).toBe('/keys/100%% mine');
  });

  it('that nobody is asked and nothing is forwarded, run or believed', () => {
    expect(Object.fromEntries(understood())).toMatchObject({
      ...{ batchmode: 'yes', stricthostkeychecking: 'true', identitiesonly: 'yes' },
      ...{ identityagent: 'none', forwardagent: 'no', forwardx11: 'no', tunnel: 'false' },
      ...{ clearallforwardings: 'yes', permitlocalcommand: 'no', requesttty: 'false' },
      ...{ updatehostkeys: 'false', globalknownhostsfile: '/dev/null' },
      ...{ passwordauthentication: 'yes', preferredauthentications: 'publickey' },
      ...{ gssapiauthentication: 'no', hostbasedauthentication: 'no', verifyhostkeydns: 'false' },
    });
  });

  it('that connections are shared for a minute, or not at all', () => {
    expect(understood().get('controlpersist')).toBe('60');
    const alone = understood({ sockets: undefined });
    expect(alone.get('controlmaster')).toBe('false');
    expect(alone.has('controlpath')).toBe(false);
  });
});

describe('the shell at the other end is given', () => {
  it.each([
    ['a path', ['team', 'site.git'], "git-upload-pack '/team/site.git'"],
    ['somebody’s home', ['~ada', 'site.git'], "git-upload-pack '~ada/site.git'"],
    ['a quote', ["it's.git"], "git-upload-pack '/it'\\''s.git'"],
    ['what csh takes for history', ['a!b'], "git-upload-pack '/a'\\!'b'"],
  ])('%s as git quotes it', (_what, segments, command) => {
    expect(remoteCommand('git-upload-pack', segments)).toBe(command);
  });

  it('one word, whatever is in the path', () => {
    const path = '$(id) `id` \';id;\' "x" & | > < * ? [a] {b,c} \\ ! ~ # é';
    const command = remoteCommand('git-upload-pack', [path]);
    const shown = command.replace('git-upload-pack', "printf '%s'");
    expect(execFileSync('sh', ['-c', shown], { encoding: 'utf8' })).toBe(`/${path}`);
  });
});

describe('an upstream of ssh is', () => {
  it.each([
    ['ssh://git@forge.example', 'forge.example', 'ssh://git@forge.example:22'],
    ['ssh://git@forge.example:22', 'forge.example', 'ssh://git@forge.example:22'],
    ['ssh://git@FORGE.example:2222/', 'forge.example:2222', 'ssh://git@forge.example:2222'],
    ['ssh://git@forge.example:443', 'forge.example:443', 'ssh://git@forge.example:443'],
    ['ssh://git@[0:0::1]:22', '[::1]', 'ssh://git@[::1]:22'],
    ['ssh://git@127.1:2222', '127.0.0.1:2222', 'ssh://git@127.0.0.1:2222'],
  ])('%s', (url, host, origin) => {
    expect(new Upstreams([url]).all).toMatchObject([{ host, origin, private: false }]);
  });

  it.each([
    ...['ssh://forge.example', 'ssh://git@', 'ssh://git@forge.example/path', 'git@forge.example'],
    ...['ssh://git:pw@forge.example', 'ssh://-oProxyCommand=id@forge.example'],
    ...[
      'ssh://git@-oProxyCommand=id',
      'ssh://git@forge.example:0',
      'ssh://git@forge.example:65536',
    ],
    ...['ssh://git@forge.example\n', 'ssh://git@a b', 'ssh://git@a%62', 'ssh://g it@a'],
    ...["ssh://git@a';id", 'ssh://$(id)@a', 'ssh://git@[::1', 'ssh://git@[nowhere]'],
  ])('not %j', (url) => {
    expect(parseSshAddress(url)).toBeUndefined();
    expect(() => new Upstreams([url])).toThrow(/upstreams: (?!.*pw)/);
  });

  it('the one of its name: a host is not reached in two ways', () => {
    const both = ['https://forge.example', 'ssh://git@forge.example'];
    expect(() => new Upstreams(both)).toThrow(/is named twice/);
    expect(() => new Upstreams([...both].reverse())).toThrow(/is named twice/);
    const apart = ['https://forge.example', 'ssh://git@forge.example:2222'];
    expect(new Upstreams(apart).all).toHaveLength(2);
  });
});
