// A stranger's worker, with a command beside git's, as docs/worker.md has it.
import { Buffer } from 'buffer';
import LightningFS from '@isomorphic-git/lightning-fs';
import git from 'gitws/git';
import { serveGit } from 'gitws/in-worker';

globalThis.Buffer = Buffer;

const commands = {
  countFiles: async ({ fs, dir }) => (await git.listFiles({ fs, dir, ref: 'HEAD' })).length,
};

serveGit({ LightningFS, commands, reading: ['countFiles'] });
