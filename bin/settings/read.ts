/**
 * The settings in force: each from the command line, else from its variable, else from the
 * configuration file, else its default. A list is taken whole from one of these, never joined.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { GitWsError } from '../../src/base/errors.js';
import { parseJson } from '../../server/files/json-file.js';
import {
  settingNames,
  settingOf,
  settingsTable,
  variableOf,
  type Setting,
  type SettingName,
  type Settings,
  type Values,
} from './table.js';
import { BadValue, parseJsonValue, parseText, type Value } from './values.js';

/** Where a value came from. */
export type Source = 'command line' | 'environment' | 'file' | 'default';

/** Settings, and where each came from. */
export interface ReadSettings {
  readonly settings: Settings;
  readonly sources: Readonly<Partial<Record<SettingName, Source>>>;
  /** Variables GITWS_* that are no setting: perhaps misspelt. */
  readonly unknownVariables: readonly string[];
}

/** What the command line gave, by name; parsed already. */
export type GivenOptions = Readonly<Partial<Record<SettingName, Value>>> & {
  readonly config?: string | undefined;
};

/** Variables of the project's other programs, and of the hooks. */
const othersVariables =
  /^GITWS_(CONFIG|DATA|TOKEN|TRACE|SSH_SCHEME|OWN_HOOKS|REF_RULES|REF_FOLD|TEST_\w+)$/;

/**
 * @throws GitWsError INVALID_OPTION naming the variable, or the file and the field.
 */
export function readSettings(
  given: GivenOptions,
  environment: NodeJS.ProcessEnv = process.env,
): ReadSettings {
  const path = given.config ?? environment['GITWS_CONFIG'];
  const layers: readonly (readonly [Source, Partial<Record<SettingName, Value>>])[] = [
    ['command line', given],
    ['environment', readEnvironment(environment)],
    ['file', path === undefined || path === '' ? {} : readFile(path)],
    ['default', defaults],
  ];
  const settings: Partial<Record<SettingName, Value>> = {};
  const sources: Partial<Record<SettingName, Source>> = {};
  for (const name of settingNames) {
    for (const [source, values] of layers) {
      const value = values[name];
      if (value === undefined) continue;
      settings[name] = value;
      sources[name] = source;
      break;
    }
  }
  const known = new Set(settingNames.map(variableOf));
  const unknownVariables = Object.keys(environment).filter(
    (name) => name.startsWith('GITWS_') && !known.has(name) && !othersVariables.test(name),
  );
  return { settings: settings as Settings, sources, unknownVariables };
}

const defaults = Object.fromEntries(
  settingNames.map((name) => [name, settingOf(name).default]),
) as Partial<Record<SettingName, Value>>;

function readEnvironment(environment: NodeJS.ProcessEnv): Partial<Record<SettingName, Value>> {
  const values: Partial<Record<SettingName, Value>> = {};
  for (const name of settingNames) {
    const variable = variableOf(name);
    const text = environment[variable];
    // Unit files and containers set variables to nothing where they mean none.
    if (text === undefined || text === '') continue;
    try {
      values[name] = parseText(settingOf(name), text);
    } catch (error) {
      if (error instanceof BadValue) throw invalid(`${variable}: ${error.message}`);
      throw error;
    }
  }
  return values;
}

/** A configuration file: any of the settings, by name. */
const configurationFile = z.strictObject({
  $schema: z.string().optional(),
  ...(Object.fromEntries(settingNames.map((name) => [name, fieldOf(name).optional()])) as Record<
    SettingName,
    z.ZodOptional<ReturnType<typeof fieldOf>>
  >),
});

function fieldOf(name: SettingName) {
  return z.unknown().transform((value, context): Value => {
    // The file is copied, printed and kept in repositories.
    if (settingOf(name).secret) {
      const message = `it does not belong into this file: set the variable ${variableOf(name)}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    try {
      return parseJsonValue(settingsTable[name], value);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      const message = error.message.replace(/\.$/, '').replace(/^It/, 'it');
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });
}

function readFile(path: string): Partial<Record<SettingName, Value>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : String(code);
    throw invalid(`${path} cannot be read: ${why}.`);
  }
  const values: Partial<Record<SettingName, Value>> = {};
  const fields = parseJson(text, path, configurationFile);
  for (const name of settingNames) {
    const value = fields[name];
    if (value === undefined) continue;
    values[name] = withPaths(settingOf(name), value, dirname(path));
  }
  return values;
}

/** The same value, with its paths from a directory on. */
function withPaths({ kind, paths }: Setting, value: Value, directory: string): Value {
  if (kind === 'path' && typeof value === 'string') return resolve(directory, value);
  if (paths !== true || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Values['pairs']).map(([key, one]) => [key, resolve(directory, one)]),
  );
}

function invalid(sentence: string): GitWsError {
  return new GitWsError('INVALID_OPTION', sentence);
}
