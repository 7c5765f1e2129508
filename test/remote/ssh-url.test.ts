import { describe, expect, it } from 'vitest';
import { wayTo } from '../../src/remote/gateway.js';
import { sshRepositoryName } from '../../src/remote/ssh-url.js';

describe('a gateway knows a repository over ssh by', () => {
  it.each([
    ['ssh://git@forge.example/team/site.git', 'forge.example/team/site.git'],
    ['ssh://forge.example/team/site.git', 'forge.example/team/site.git'],
    ['ssh://git@forge.example:22/team/site.git', 'forge.example/team/site.git'],
    ['ssh://git@forge.example:/team/site.git', 'forge.example/team/site.git'],
    ['ssh://git@forge.example:2222/team/site.git', 'forge.example:2222/team/site.git'],
    // A port that HTTP has for its own is one that is written here.
    ['ssh://git@forge.example:443/site.git', 'forge.example:443/site.git'],
    ['ssh://git@forge.example:80/site.git', 'forge.example:80/site.git'],
    ['SSH://git@Forge.Example/Team/site.git', 'forge.example/Team/site.git'],
    ['ssh://git@[::1]:2222/site.git', '[::1]:2222/site.git'],
    ['ssh://git@git.example/~ada/site.git', 'git.example/~ada/site.git'],
    ['ssh://git@forge.example/a%20b.git', 'forge.example/a%20b.git'],
    ['git@forge.example:team/site.git', 'forge.example/team/site.git'],
    ['git@forge.example:/srv/site.git', 'forge.example/srv/site.git'],
    ['forge.example:site.git', 'forge.example/site.git'],
    ['git@git.example:~ada/site.git', 'git.example/~ada/site.git'],
    ['git@[::1]:site.git', '[::1]/site.git'],
    ['git@forge.example:a b/100%.git', 'forge.example/a%20b/100%25.git'],
  ])('%s', (repository, name) => {
    expect(sshRepositoryName(repository)).toBe(name);
  });
});

it.each([
  'https://git@forge.example/site.git',
  'wss://forge.example/a:b',
  '/a:b',
  './a:b',
  'a',
  '',
])('is no address over ssh: %j', (repository) => {
  expect(sshRepositoryName(repository)).toBeUndefined();
});

it.each([
  ...['ssh://git:secret@forge.example/site.git', 'ssh://git@forge.example/../site.git'],
  ...['ssh://git@/site.git', 'ssh://git@forge.example', 'ssh://git@forge.example/a?b'],
  ...['ssh://git@forge.example/a#b', 'ssh://git@forge.example/-a', 'ssh://git@forge.example/a\nb'],
  ...['ssh://git@a b/site.git', 'ssh://git@forge.example:99999/site.git', 'git@forge.example:../a'],
  ...['git@forge.example:-a', 'git@forge.example:a\nb', 'git@forge.example:a//b'],
])('is refused: %j', (repository) => {
  const way = (): unknown => wayTo(repository, undefined, 'wss://gateway.example');
  expect(way).toThrow(expect.objectContaining({ code: 'INVALID_URL' }));
  expect(way).toThrow(/^(?!.*secret)/s);
});

it('as whom it is reached is not told, and credentials that were given go along', () => {
  const way = wayTo('git@forge.example:site.git', 'Bearer x', 'wss://gateway.example/git/');
  expect(way).toMatchObject({
    ...{ repository: 'wss://gateway.example/git/forge.example/site.git' },
    ...{ authorization: undefined, upstreamAuthorization: 'Bearer x', isThroughGateway: true },
  });
});

it('without a gateway nothing speaks ssh', () => {
  const { repository, isThroughGateway } = wayTo('ssh://git@a/b', undefined, undefined);
  expect([repository, isThroughGateway]).toEqual(['ssh://git@a/b', false]);
});
