/** `gitws token create|list|revoke`: the file of tokens that `gitws serve --tokens` reads. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createToken, listTokens, revokeToken } from '../../server/index.js';
import { quoteForLog } from '../../server/text/log-text.js';
import { missingUnit, parseQuantity, quantityForms } from '../../server/limits/quantity-text.js';
import { permissionFault } from '../../server/rules/decide.js';
import { fail } from '../problem.js';
import { addSettings, givenSettings } from '../settings/command-options.js';
import { readSettings } from '../settings/read.js';

/** Adds the commands. */
export function addToken(program: Command): void {
  const token = program.command('token').description('make, list and revoke tokens for signing in');

  const create = token
    .command('create')
    .description('add a token to the file, and print it: nobody can see it again')
    .argument('<name>', 'what to know it by')
    .option('--user <name>', "whose it is (default: the token's own name)")
    .option('--expires <time>', 'when it ends, from now on, for example 90d (default: never)')
    .addOption(
      new Option(
        '--allow <permission>',
        'let it do only this, for example read:team/*; may be repeated',
      ).argParser((text: string, earlier: string[] | undefined) => {
        // What cannot be understood would give nothing, and nobody would know why.
        const fault = permissionFault(text);
        if (fault !== undefined) throw new InvalidArgumentError(`It ${fault}.`);
        return [...(earlier ?? []), text];
      }),
    );
  withFile(create, async (file, name) => {
    const options = create.opts<{ user?: string; expires?: string; allow?: string[] }>();
    const { user, expires, allow: permissions } = options;
    const lifetime = expires === undefined ? undefined : parseQuantity(expires, 'ms');
    if (expires !== undefined && lifetime === undefined) {
      throw new Error(`--expires must be ${quantityForms.ms}${missingUnit(expires, 'ms')}.`);
    }
    const made = await createToken(file, {
      name: name ?? '',
      ...(user === undefined ? {} : { user }),
      ...(lifetime === undefined ? {} : { lifetime }),
      ...(permissions === undefined ? {} : { permissions }),
    });
    process.stdout.write(`${made.token}\n`);
    const until = made.description.expires ?? 'it is revoked';
    process.stderr.write(
      `Signs in as ${made.description.user}, until ${until}. It stands nowhere else: keep it.\n`,
    );
  });

  const list = token.command('list').description('print the tokens of the file, not the secrets');
  withFile(list, async (file) => {
    const tokens = await listTokens(file);
    // Silence would look the same where the file's name is misspelt.
    if (tokens.length === 0) process.stderr.write(`There are no tokens in ${file}.\n`);
    for (const one of tokens) {
      const permissions = one.permissions === undefined ? '' : `  ${one.permissions.join(' ')}`;
      const line = [one.name, one.user, one.created, one.expires ?? 'never'].join('\t');
      // Names have letters of any script, permissions any character.
      process.stdout.write(
        `${quoteForLog(`${line}${permissions}`, 2_000).slice(1, -1).replaceAll('\\t', '\t')}\n`,
      );
    }
  });

  const revoke = token
    .command('revoke')
    .description('take a token out of the file; a running server knows it at once')
    .argument('<name>');
  withFile(revoke, async (file, name) => {
    await revokeToken(file, name ?? '');
  });
}

function withFile(
  command: Command,
  work: (file: string, name: string | undefined) => Promise<void>,
): void {
  addSettings(command, ['tokens']).action(async (...args: unknown[]) => {
    try {
      const { tokens } = readSettings(givenSettings(command.opts(), ['tokens'])).settings;
      if (tokens === undefined) throw new Error('there is no file of tokens: name it by --tokens.');
      await work(tokens, typeof args[0] === 'string' ? args[0] : undefined);
    } catch (error) {
      fail(error);
    }
  });
}
