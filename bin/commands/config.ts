/**
 * `gitws config check`: what is in force and where it comes from, and whether it can be used.
 * `gitws config schema`: what its files look like, for editors.
 */
import { Argument, type Command } from 'commander';
import { rulesJsonSchema } from '../../server/rules/schema.js';
import { createLog } from '../log.js';
import { fail } from '../problem.js';
import { addSettings, givenSettings } from '../settings/command-options.js';
import { readSettings, type ReadSettings } from '../settings/read.js';
import { configurationJsonSchema } from '../settings/schema.js';
import { settingNames, settingOf } from '../settings/table.js';
import { formatValue } from '../settings/values.js';
import { prepareServer } from './serve.js';

/** Adds the command. */
export function addConfig(program: Command): void {
  const config = program.command('config').description('look at the configuration');
  const check = config
    .command('check')
    .description('print every setting and where it comes from, and try whether they can be used')
    .argument('[root]', 'as of gitws serve');
  addSettings(check, settingNames, { groups: true }).action(async (root: string | undefined) => {
    try {
      const given = givenSettings(check.opts(), settingNames);
      const read = readSettings(root === undefined ? given : { ...given, root });
      process.stdout.write(describe(read));
      await tryOut(read);
      process.stdout.write('It can be used.\n');
    } catch (error) {
      fail(error);
    }
  });
  config
    .command('schema')
    .description('print the JSON Schema of the configuration file, or of the rules file')
    .addArgument(
      new Argument('[file]', 'which file')
        .choices(['configuration', 'rules'])
        .default('configuration'),
    )
    .action((file: 'configuration' | 'rules') => {
      const schema = file === 'rules' ? rulesJsonSchema() : configurationJsonSchema();
      process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
    });
}

async function tryOut(read: ReadSettings): Promise<void> {
  for (const name of read.unknownVariables)
    process.stdout.write(`warning: ${name} is no setting.\n`);
  // Reads every file that is named; listens to nothing.
  const { gitServer, access } = await prepareServer(read, createLog('text'));
  for (const warning of access.warnings) process.stdout.write(`warning: ${warning}\n`);
  await gitServer.close();
}

/** One line a setting: those that somebody set, then the defaults. */
function describe({ settings, sources }: ReadSettings): string {
  const lines = settingNames.flatMap((name) => {
    const value = settings[name];
    const source = sources[name];
    if (value === undefined || source === undefined) return [];
    const setting = settingOf(name);
    const shown = setting.secret ? '(hidden)' : formatValue(setting, value);
    return [{ source, line: `${name} = ${shown}  (${source})\n` }];
  });
  const isDefault = ({ source }: { source: string }): boolean => source === 'default';
  return [...lines.filter((one) => !isDefault(one)), ...lines.filter(isDefault)]
    .map(({ line }) => line)
    .join('');
}
