#!/usr/bin/env node
/**
 * The command `gitws`: its subcommands. What they do lies in commands/, one file each.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBundle } from './commands/bundle.js';
import { addConfig } from './commands/config.js';
import { addInit } from './commands/init.js';
import { addLfs } from './commands/lfs.js';
import { addServe } from './commands/serve.js';
import { addToken } from './commands/token.js';

/** Beside the sources, and beside dist/ in an installed package. */
function ownVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const text = readFileSync(new URL(path, import.meta.url), 'utf8');
      const { name, version } = JSON.parse(text) as { name?: string; version?: string };
      if (name === 'gitws' && version !== undefined) return version;
    } catch {
      // Not there: the next one.
    }
  }
  return 'unknown';
}

// Whoever reads the output may stop reading it (`gitws config check | head`): that is no failure,
// and no reason for a server to end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const description = `git's own protocol over one WebSocket, for browsers.

Examples:
  gitws serve ~/repositories --allow-push    for this machine, to read and push
  gitws init site.git --root ~/repositories  makes a new one among them
  gitws serve --help                         what can be set`;

const program = new Command('gitws')
  .description(description)
  .version(ownVersion(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  // As every other sentence of the command begins. Its subcommands take this over.
  .configureOutput({
    outputError: (text, write) => {
      write(text.replace(/^error: /, 'gitws: '));
    },
  });

addServe(program);
addInit(program);
addBundle(program);
addToken(program);
addConfig(program);
addLfs(program);

await program.parseAsync();
