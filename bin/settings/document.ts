/**
 * The table of settings as docs/configuration.md shows it, and of limits as docs/security.md does;
 * tests hold them together.
 */
import { limitNames, limits, type Limits } from '../../server/limits/limits.js';
import { formatQuantity } from '../../server/limits/quantity-text.js';
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

/** @returns Markdown: one row a limit. */
export function formatLimits(): string {
  const rows = limitNames.map((name: keyof Limits) => {
    const { default: standard, unit, meaning, reason } = limits[name];
    return `| \`${name}\` | ${formatQuantity(standard, unit)} | ${capital(meaning)} | ${reason} |`;
  });
  return ['| limit | default | what is limited | why |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function optionText(name: SettingName): string {
  return settingOf(name).secret ? `only \`${variableOf(name)}\`` : `\`--${optionOf(name)}\``;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
