/** What createGitServer is given that it could not have been meant to be given. */
import { describe, expect, it } from 'vitest';
import { createGitServer, type GitServerOptions } from '../../server/index.js';

describe('createGitServer', () => {
  it.each([
    ['without a root', { root: undefined }, 'root: it is missing.'],
    // Without it everybody may read: nobody would see that it is misspelt.
    [
      'with a misspelt option',
      { authorise: () => false },
      'authorise: it is no option of a server.',
    ],
    ['with a limit that is not among limits', { maxSessions: 3 }, 'maxSessions: it is no option'],
    ['with a text for a switch', { allowPush: 'false' }, 'allowPush: it must be true or false.'],
    ['with a text for a function', { authenticate: 'me' }, 'authenticate: it must be a function.'],
    ['with a text for a list', { origins: 'https://a.example' }, 'origins: it must be a list.'],
    ['with nothing for an object', { limits: null }, 'limits: it must be an object.'],
    [
      'with files for upstreams that there are none of',
      { upstreamSsh: { key: 'x', knownHosts: 'x' }, upstreams: ['https://git.example'] },
      'upstreamSsh: it is for upstreams of ssh://, and there are none.',
    ],
    [
      'with credentials for no upstream',
      { upstreamCredentials: () => undefined, authorize: () => true },
      'upstreamCredentials: it is for upstreams, and there are none.',
    ],
  ])('%s is INVALID_OPTION', (_, given, message) => {
    const options = { root: '/', ...given } as unknown as GitServerOptions;
    expect(() => createGitServer(options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        data: { option: Object.keys(given)[0] },
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});
