/** The table of settings as docs/configuration.md shows it; a test holds the two together. */
import { optionOf, settingNames, settingOf, variableOf, type SettingName } from './table.js';
import { formatValue } from './values.js';

/** @returns Markdown: one row a setting. */
export function formatSettings(): string {
  const rows = settingNames.map((name) => {
    const { meaning, reason, default: standard } = settingOf(name);
    const why = reason === undefined ? '' : ` ${reason}`;
    const value =
      standard === undefined
        ? ''
        : `\`${formatValue(settingOf(name), standard)}\``.replace(/"/g, '');
    return `| \`${name}\` | ${optionText(name)} | ${value} | ${capital(meaning)}.${why} |`;
  });
  return [
    '| field | option | default | what it is, and why |',
    '| --- | --- | --- | --- |',
    ...rows,
  ]
    .join('\n')
    .replaceAll('<', '&lt;');
}

function optionText(name: SettingName): string {
  return settingOf(name).secret ? `only \`${variableOf(name)}\`` : `\`--${optionOf(name)}\``;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
