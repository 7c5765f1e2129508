/** The demo's worker: git, its storage, and the demo's own commands beside git's. */
import './buffer.js';
import LightningFS from '@isomorphic-git/lightning-fs';
import { serveGit } from 'gitws/in-worker';
import { commands, reading } from './commands.js';

serveGit({ LightningFS, commands, reading });
