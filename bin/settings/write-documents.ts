/** Part of `npm run docs`: writes into docs/ what is made of the tables of settings and limits. Never a part of the command. */
import { readFile, writeFile } from 'node:fs/promises';
import { formatLimits, formatSettings } from './document.js';
import { configurationJsonSchema } from './schema.js';

/** Writes them, where it is run: in the project's folder. @throws what the file system does; Error for a document without its marks. */
export async function main(): Promise<void> {
  await replace('docs/configuration.md', 'settings', formatSettings());
  await replace('docs/security.md', 'limits', formatLimits());
  await writeFile('docs/config.schema.json', JSON.stringify(configurationJsonSchema()));
}

/** Puts a table between its marks. */
async function replace(path: string, name: string, table: string): Promise<void> {
  const [start, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
  const text = await readFile(path, 'utf8');
  const [at, after] = [text.indexOf(start), text.indexOf(end)];
  if (at < 0 || after < at) throw new Error(`${path} has no place for the table of ${name}.`);
  await writeFile(path, text.slice(0, at + start.length) + table + text.slice(after));
}
