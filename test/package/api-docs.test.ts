/** docs/api/, the reference that `npm run docs` makes of the docstrings: whole, and as they are now. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ReflectionKind, type DeclarationReflection } from 'typedoc';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeReference, referenceFolder, type Reference } from '../../scripts/api-docs.mjs';
import { entryPoints, pageOf, sameAs } from '../../scripts/api-entry-points.mjs';
import { temporaryDirectory } from '../helpers/temp.js';
import { readManifest, root } from './consumer.js';

let made: Reference;
let folder: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
  // Throws for links that lead nowhere, and for types that a reader cannot look up.
  made = await makeReference(folder);
});

/** @returns the texts of all pages, by their names. */
async function pagesIn(place: string): Promise<Record<string, string>> {
  const names = (await readdir(place)).sort();
  const texts = names.map((name) => readFile(join(place, name), 'utf8'));
  const pages = (await Promise.all(texts)).map((text, at): [string, string] => [
    names[at] ?? '',
    text,
  ]);
  return Object.fromEntries(pages);
}

describe('the reference', () => {
  it('is what the docstrings say: else run `npm run docs`', async () => {
    expect(await pagesIn(referenceFolder), 'run `npm run docs`').toEqual(await pagesIn(folder));
  });

  it('has a page for each entry point with types, and names it in the index', async () => {
    const { exports } = (await readManifest()) as unknown as { exports: Record<string, unknown> };
    const typed = Object.entries(exports).filter(
      ([, target]) => typeof target === 'object' && target !== null && 'types' in target,
    );
    const names = typed.map(([path]) => path.replace(/^\./, 'gitws'));
    expect([...entryPoints.map(({ name }) => name), ...Object.keys(sameAs)].sort()).toEqual(
      names.sort(),
    );
    const index = await readFile(join(referenceFolder, 'README.md'), 'utf8');
    for (const name of names) expect(index).toContain(`\`${name}\``);
    const pages = entryPoints.map(({ name }) => `${pageOf(name)}.md`);
    expect(await readdir(referenceFolder)).toEqual(['README.md', ...pages].sort());
  });

  it.each(entryPoints.map(({ name }) => name))('has all that %s exports', async (name) => {
    const text = await readFile(join(referenceFolder, `${pageOf(name)}.md`), 'utf8');
    const exported = made.names.get(name) ?? [];
    expect(exported).not.toEqual([]);
    const headings = [...text.matchAll(/^## (\w+)/gm)].map(([, heading]) => heading);
    const passedOn = /^- From other pages: (.*)$/m.exec(text)?.[1] ?? '';
    const named = [...passedOn.matchAll(/\[`(\w+)`\]/g)].map(([, other]) => other);
    expect([...headings, ...named].sort()).toEqual(exported);
  });

  it('names no directory of the machine, no line and no revision', async () => {
    for (const [name, text] of Object.entries(await pagesIn(referenceFolder))) {
      expect(text, name).not.toMatch(/Defined in|node_modules|\.ts:\d|[\da-f]{40}/);
      expect(text, name).not.toContain(root);
    }
  });
});

describe('the docstrings', () => {
  it('say of every property of a public type what it is', () => {
    const silent = propertiesOf(made).filter(
      ({ comment }) => comment?.hasVisibleComponent() !== true,
    );
    expect(silent.map((one) => one.getFullName())).toEqual([]);
    expect(propertiesOf(made).length).toBeGreaterThan(200);
  });

  it('say of every time among options its unit and its default', () => {
    const times =
      /^(?:openTimeout|resumeFor|keepAlive|keepOpen|advertisementTime|lockTimeout|startTimeout)$/;
    const options = propertiesOf(made).filter(({ name }) => times.test(name));
    expect(options.length).toBeGreaterThanOrEqual(9);
    for (const { comment, name } of options) {
      const text = (comment?.summary ?? []).map((part) => part.text).join('');
      expect(text, name).toMatch(/\bms\b/);
      expect(text, name).toMatch(/\bdefault\b/i);
    }
  });
});

/** @returns the properties of all public types, those of objects in them as well. */
function propertiesOf({ project }: Reference): DeclarationReflection[] {
  const all = project.getReflectionsByKind(ReflectionKind.Property) as DeclarationReflection[];
  // Of a function, or of what one returns, the function's own docstring speaks.
  return all.filter((one) => !isInFunction(one));
}

function isInFunction(reflection: DeclarationReflection): boolean {
  for (let one = reflection.parent; one !== undefined; one = one.parent) {
    if (one.isSignature() || one.isParameter() || one.isTypeParameter()) return true;
  }
  return false;
}
