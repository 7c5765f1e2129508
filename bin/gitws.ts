#!/usr/bin/env node
/**
 * The command `gitws`: its subcommands and their options. What they do lies in files of their own.
 */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { serve } from './serve.js';

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

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

const program = new Command('gitws')
  .description("git's own protocol over one WebSocket, for browsers.")
  .version(ownVersion(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help');

program
  .command('serve')
  .description('serve the repositories in a directory, at any depth, bare or with a work tree')
  .argument('<root>', 'the directory')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <number>', 'port to listen on; 0 picks a free one', parsePort, 8080)
  .option('--allow-push', 'let clients push; without authentication, so mind who can connect')
  .option('--allow-archive', 'let clients make archives (git archive --remote)')
  .option(
    '--origin <url>',
    'let pages of this origin connect; may be repeated (default: the public URL, or the same host)',
    collect,
  )
  .option('--public-url <url>', "the server's address as its clients see it, behind a proxy")
  .action(serve);

await program.parseAsync();
