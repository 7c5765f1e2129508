#!/usr/bin/env node
/** The command `gitws-ssh`, for GIT_SSH_COMMAND. */
import { runSsh } from '../native/ssh.js';

void runSsh(process.argv.slice(2)).then((code) => process.exit(code));
