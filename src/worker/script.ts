/**
 * The worker's script: all that it takes, in one file, with isomorphic-git, LightningFS and the Buffer
 * that isomorphic-git wants to find.
 */
import LightningFS from '@isomorphic-git/lightning-fs';
import { Buffer } from 'buffer';
import { serveGit } from './serve.js';

(globalThis as { Buffer?: unknown }).Buffer ??= Buffer;

serveGit({ LightningFS });
