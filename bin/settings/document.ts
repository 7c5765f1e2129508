/**
 * The table of settings as docs/configuration.md shows it, and of limits as docs/security.md does;
 * tests hold them together.
 */
import { limitNames, limits, type Limits } from '../../server/limits/limits.js';
import type { Limit } from '../../server/limits/limit.js';
import {
  formatQuantity,
  largestQuantity,
  quantityRange,
} from '../../server/limits/quantity-text.js';
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
    const cells = [
      formatQuantity(standard, unit),
      shortRange(limits[name]),
      capital(meaning),
      reason,
    ];
    return `| \`${name}\` | ${cells.join(' | ')} |`;
  });
  return [
    '| limit | default | may be | what is limited | why |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** The document says once what the bound of most limits is. */
function shortRange(limit: Limit): string {
  const { unit, minimum = 0, maximum = largestQuantity } = limit;
  if (maximum === largestQuantity) return `${formatQuantity(minimum, unit)} to 2³¹ − 1`;
  return quantityRange(limit, unit);
}

function optionText(name: SettingName): string {
  return settingOf(name).secret ? `only \`${variableOf(name)}\`` : `\`--${optionOf(name)}\``;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
