/** The examples in a document, so that tests run what people copy. */
import { readFile } from 'node:fs/promises';

/**
 * @param path of a Markdown document.
 * @param language as it stands behind the fence.
 * @returns the blocks of that language, in order, without their fences.
 */
export async function fencedBlocks(path: string | URL, language: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , block = '']) => block);
}

/**
 * Puts a test's own values in the place of an example's.
 *
 * @param text the example.
 * @param values by what stands in the example; all of its occurrences are replaced.
 * @throws Error where the example does not have one of them: it has changed, and the test with it.
 */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((filled, [placeholder, value]) => {
    if (!text.includes(placeholder)) throw new Error(`the example does not say "${placeholder}"`);
    return filled.replaceAll(placeholder, value);
  }, text);
}
