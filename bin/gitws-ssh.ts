#!/usr/bin/env node
/** The command `gitws-ssh`, for GIT_SSH_COMMAND. */
import { failure, prefix, runSsh } from '../native/ssh.js';
import { runCommand } from '../native/standard-streams.js';

runCommand(() => runSsh(process.argv.slice(2)), { prefix, failure });
