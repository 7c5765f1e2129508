#!/usr/bin/env node
/** The command `gitws-ssh`, for GIT_SSH_COMMAND. */
import { runSsh } from '../native/ssh.js';
import { endProcess, keepSharedFlags } from '../native/standard-streams.js';

keepSharedFlags();
void runSsh(process.argv.slice(2)).then(endProcess);
