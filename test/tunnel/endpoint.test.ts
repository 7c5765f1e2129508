import { describe, expect, it } from 'vitest';
import { repositoryEndpoint } from '../../src/tunnel/client/endpoint.js';

describe('the endpoint of a repository', () => {
  it.each([
    ['https://git.example/team/site.git', 'wss://git.example/team/site.git/git-upload-pack'],
    ['http://localhost:8080/site', 'ws://localhost:8080/site/git-upload-pack'],
    ['wss://git.example/site/', 'wss://git.example/site/git-upload-pack'],
    ['ws://git.example:80/a%20b.git', 'ws://git.example/a%20b.git/git-upload-pack'],
    ['https://git.example/é.git', 'wss://git.example/%C3%A9.git/git-upload-pack'],
    ['http://[::1]:8080/r', 'ws://[::1]:8080/r/git-upload-pack'],
  ])('%s is %s', (repository, endpoint) => {
    expect(repositoryEndpoint(repository, 'git-upload-pack').url).toBe(endpoint);
  });

  it('names the protocol version as ssh would', () => {
    expect(repositoryEndpoint('ws://h/r', 'git-receive-pack', 'version=2').url).toBe(
      'ws://h/r/git-receive-pack?git-protocol=version%3D2',
    );
  });

  it('never has the userinfo in it, which becomes a Basic value', () => {
    expect(repositoryEndpoint('https://m%40e:p%3Aw%C3%A9@h/r', 'git-upload-pack')).toEqual({
      url: 'wss://h/r/git-upload-pack',
      repository: 'wss://h/r',
      authorization: `Basic ${Buffer.from('m@e:p:wé').toString('base64')}`,
    });
  });

  it.each([
    ['no URL', 'team/site.git'],
    ['another scheme', 'ssh://git@h/r'],
    ['a file', 'file:///srv/r.git'],
    ['an address of scp', 'git@h:team/r.git'],
    ['no path', 'https://h/'],
    ['a query', 'https://h/r?x=1'],
    ['a fragment', 'https://h/r#main'],
    ['broken userinfo', 'https://%zz:x@h/r'],
  ])('with %s is refused, and the sentence does not quote the URL', (_, url) => {
    const attempt = () => repositoryEndpoint(url, 'git-upload-pack');
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_URL' }));
    expect(attempt).not.toThrow(url);
  });

  it.each(['ssh://git@h/r', 'SSH://me:secret@h:22/r', 'git@h:team/r', 'git@[::1]:r'])(
    'over ssh says that there must be a gateway: %s',
    (url) => {
      expect(() => repositoryEndpoint(url, 'git-upload-pack')).toThrow(
        /over ssh it needs a gateway/,
      );
    },
  );
});
