/**
 * The worker's script: all that it takes, in one file, with isomorphic-git, LightningFS and the Buffer
 * that isomorphic-git wants to find.
 */
import LightningFS from '@isomorphic-git/lightning-fs';
import { Buffer } from 'buffer';
import { expose } from 'comlink';
import { createLightningFS } from '../storage/lightning/create.js';
import { GitCore } from './core.js';

(globalThis as { Buffer?: unknown }).Buffer ??= Buffer;

expose(
  new GitCore(({ storage, lockTimeout, fileDbName, fileStoreName }) =>
    createLightningFS(storage, {
      LightningFS,
      ...(lockTimeout === undefined ? {} : { lockTimeout }),
      ...(fileDbName === undefined ? {} : { fileDbName }),
      ...(fileStoreName === undefined ? {} : { fileStoreName }),
    }),
  ),
);
