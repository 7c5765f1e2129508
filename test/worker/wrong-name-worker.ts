/** A worker script whose command has a name that git's has. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { isGitWsError, serveGit } from '../../src/worker/serve.js';

try {
  serveGit({ LightningFS, commands: { clone: () => undefined } });
} catch (error) {
  // For the page, which hears of an error of a script in words alone.
  postMessage(isGitWsError(error) && error.code);
}
