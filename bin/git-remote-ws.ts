#!/usr/bin/env node
/** The commands `git-remote-ws` and `git-remote-wss`, which git starts for URLs of these schemes. */
import { runRemote } from '../native/remote-helper.js';
import { endProcess, keepSharedFlags } from '../native/standard-streams.js';

keepSharedFlags();
void runRemote(process.argv.slice(2)).then(endProcess);
