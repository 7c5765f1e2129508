#!/usr/bin/env node
/** The commands `git-remote-ws` and `git-remote-wss`, which git starts for URLs of these schemes. */
import { fatal, runRemote } from '../native/remote-helper.js';
import { runCommand } from '../native/standard-streams.js';

runCommand(() => runRemote(process.argv.slice(2)), { prefix: 'fatal: ', failure: fatal });
