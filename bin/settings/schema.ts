/**
 * The form of a configuration file as JSON Schema, for editors and other programs: made of the table
 * of settings, published as docs/config.schema.json. It says what read.ts takes; where there are
 * several ways to write a number, the one that the documents use.
 */
import { largestQuantity, quantityPattern } from '../../server/limits/quantity-text.js';
import { settingNames, settingOf, type Setting } from './table.js';
import { formatValue } from './values.js';

/** @returns JSON Schema (2020-12). */
export function configurationJsonSchema(): Record<string, unknown> {
  const fields = settingNames.filter((name) => settingOf(name).secret !== true);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of a gitws server',
    type: 'object',
    properties: {
      $schema: { description: 'Where this schema is, for editors.', type: 'string' },
      ...Object.fromEntries(fields.map((name) => [name, schemaOf(settingOf(name))])),
    },
    additionalProperties: false,
  };
}

function schemaOf(setting: Setting): Record<string, unknown> {
  const { meaning, reason, default: standard } = setting;
  const sentence = `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`;
  const description = reason === undefined ? sentence : `${sentence} ${reason}`;
  if (standard === undefined) return { description, ...formOf(setting) };
  const written: unknown = JSON.parse(asJson(formatValue(setting, standard)));
  return { description, ...formOf(setting), default: written };
}

/** A quantity is written as `10m`, all else as JSON has it. */
function asJson(text: string): string {
  return /^\d+[A-Za-z]+$/.test(text) ? `"${text}"` : text;
}

function formOf({ kind, choices, minimum = 0, maximum = largestQuantity }: Setting) {
  switch (kind) {
    case 'text':
    case 'path':
      return choices === undefined ? { type: 'string', minLength: 1 } : { enum: choices };
    case 'port':
      return { type: 'integer', minimum: 0, maximum: 65_535 };
    case 'switch':
      return { type: 'boolean' };
    case 'list':
      return { type: 'array', items: { type: 'string' } };
    case 'pairs':
      return { type: 'object', additionalProperties: { type: 'string' } };
    case 'count':
      return { type: 'integer', minimum, maximum };
    case 'ms':
    case 'bytes':
      return {
        anyOf: [
          { type: 'integer', minimum, maximum },
          { type: 'string', pattern: quantityPattern(kind) },
        ],
      };
  }
}
