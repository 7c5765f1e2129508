/**
 * From what an operator wrote to the value of a setting, and back. What is wrong is told in a
 * sentence that says what it must be; where it stands is told by whoever read it.
 */
import {
  formatQuantity,
  largestQuantity,
  missingUnit,
  parseQuantity,
  quantityForms,
  quantityRange,
  type Unit,
} from '../../server/limits/quantity-text.js';
import type { Setting, Values } from './table.js';

/** Value of some setting. */
export type Value = Values[keyof Values];

/** A value that a setting cannot have; the message is a sentence beginning with "It must be". */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

/**
 * @param text as it stands on a command line, or in a variable.
 * @throws BadValue
 */
export function parseText(setting: Setting, text: string): Value {
  switch (setting.kind) {
    case 'list':
      return text.split(',').map((part) => part.trim());
    case 'pairs':
      return Object.fromEntries(text.split(',').map(parsePair));
    case 'switch':
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      if (/^(0|false|no|off)$/i.test(text)) return false;
      throw new BadValue('It must be true or false.');
    case 'text':
    case 'path':
      return checkedText(setting, text);
    case 'port':
      return checkedPort(/^\d{1,5}$/.test(text) ? Number(text) : NaN);
    case 'ms':
    case 'bytes':
    case 'count':
      return checkedNumber(setting, setting.kind, parseQuantity(text, setting.kind), text);
  }
}

/**
 * @param value out of a configuration file.
 * @throws BadValue
 */
export function parseJsonValue(setting: Setting, value: unknown): Value {
  switch (setting.kind) {
    case 'list':
      if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
      throw new BadValue('It must be a list of strings.');
    case 'pairs':
      if (isStringRecord(value)) return value;
      throw new BadValue('It must be an object whose values are strings.');
    case 'switch':
      if (typeof value === 'boolean') return value;
      throw new BadValue('It must be true or false.');
    case 'text':
    case 'path':
      if (typeof value === 'string') return checkedText(setting, value);
      throw new BadValue('It must be a string.');
    case 'port':
      return checkedPort(typeof value === 'number' ? value : NaN);
    case 'ms':
    case 'bytes':
    case 'count':
      if (typeof value === 'string') return parseText(setting, value);
      return checkedNumber(setting, setting.kind, typeof value === 'number' ? value : undefined);
  }
}

/** One `KEY=VALUE`. @throws BadValue */
export function parsePair(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new BadValue('It must be KEY=VALUE.');
  return [text.slice(0, equals).trim(), text.slice(equals + 1)];
}

/** As an operator would write it. */
export function formatValue({ kind }: Setting, value: Value): string {
  const isQuantity = kind === 'ms' || kind === 'bytes';
  if (isQuantity && typeof value === 'number') return formatQuantity(value, kind);
  return JSON.stringify(value);
}

function checkedText({ choices }: Setting, text: string): string {
  if (text === '') throw new BadValue('It must not be empty.');
  if (choices !== undefined && !choices.includes(text)) {
    throw new BadValue(`It must be ${choices.join(' or ')}.`);
  }
  return text;
}

function checkedPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new BadValue('It must be a whole number from 0 to 65535.');
}

function checkedNumber(setting: Setting, unit: Unit, value: number | undefined, text = ''): number {
  const { minimum = 0, maximum = largestQuantity } = setting;
  if (Number.isSafeInteger(value) && (value ?? -1) >= minimum && (value ?? -1) <= maximum) {
    return value ?? 0;
  }
  const range = quantityRange(setting, unit);
  throw new BadValue(`It must be ${quantityForms[unit]}: ${range}${missingUnit(text, unit)}.`);
}

function isStringRecord(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => typeof one === 'string');
}
