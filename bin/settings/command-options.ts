/** The options of the command line, made of the table of settings. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { groupOf, settingGroups } from './groups.js';
import { optionOf, settingOf, type Setting, type SettingName } from './table.js';
import type { GivenOptions } from './read.js';
import { BadValue, formatValue, parsePair, parseText, type Value } from './values.js';

/**
 * Gives a command the options of these settings, and `--config`.
 *
 * @param groups whether the help has them under headings: not where there are a few only.
 */
export function addSettings(
  command: Command,
  names: readonly SettingName[],
  { groups = false } = {},
): Command {
  command.option('--config <file>', 'configuration file (JSON); or GITWS_CONFIG');
  const order = Object.values(settingGroups).flat();
  const sorted = names.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  for (const name of groups ? sorted : names) {
    const setting = settingOf(name);
    if (setting.secret) continue;
    for (const option of optionsOf(name, setting)) {
      command.addOption(groups ? option.helpGroup(groupOf(name) ?? 'Options:') : option);
    }
  }
  return command;
}

/**
 * @param options what commander parsed, by the names that it made of the options.
 * @returns the same, by the names of the settings.
 */
export function givenSettings(
  options: Readonly<Record<string, unknown>>,
  names: readonly SettingName[],
): GivenOptions {
  const given: Partial<Record<SettingName, Value>> = {};
  for (const name of names) {
    const value = options[new Option(`--${optionOf(name)}`).attributeName()];
    if (value !== undefined) given[name] = value as Value;
  }
  const { config } = options;
  return { ...given, config: typeof config === 'string' ? config : undefined };
}

function optionsOf(name: SettingName, setting: Setting): Option[] {
  const flag = `--${optionOf(name)}`;
  const { kind } = setting;
  if (kind === 'switch') {
    // What a file or a variable turns on can be turned off here.
    return [
      new Option(flag, describe(setting)).hideHelp(setting.default === true),
      new Option(flag.replace('--', '--no-'), `not: ${setting.meaning}`).hideHelp(
        setting.default !== true,
      ),
    ];
  }
  const value = setting.value ?? { ms: '<time>', bytes: '<size>' }[kind as string] ?? '<number>';
  const option = new Option(`${flag} ${value}`, describe(setting));
  option.argParser((text: string, earlier: Value | undefined) => {
    try {
      if (kind === 'list') return [...((earlier as string[] | undefined) ?? []), text];
      if (kind === 'pairs') {
        return { ...(earlier as Record<string, string>), ...Object.fromEntries([parsePair(text)]) };
      }
      return parseText(setting, text);
    } catch (error) {
      if (error instanceof BadValue) throw new InvalidArgumentError(error.message);
      throw error;
    }
  });
  return [option];
}

function describe(setting: Setting): string {
  const many = setting.kind === 'list' || setting.kind === 'pairs' ? '; may be repeated' : '';
  const choices = setting.choices === undefined ? '' : `: ${setting.choices.join(' or ')}`;
  const { default: value } = setting;
  const standard =
    value === undefined || setting.kind === 'switch'
      ? ''
      : ` (default: ${formatValue(setting, value).replaceAll('"', '')})`;
  return `${setting.meaning}${choices}${many}${standard}`;
}
