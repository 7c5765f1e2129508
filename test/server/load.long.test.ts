/**
 * A small `npm run load`: clones at once, stalled clients and gits, lost clients, floods of the refused and the
 * half-open; memory by the formula of docs/deployment.md, and nothing left of it.
 */
import { expect, it } from 'vitest';
import { runLoad } from '../load/load.js';
import { quick } from '../load/main.js';

it('bears the load, holds to its limits meanwhile, and is as it was afterwards', async () => {
  const lines: string[] = [];
  await runLoad(quick, (line) => lines.push(line));
  console.log(lines.join('\n'));
  expect(lines.at(-1)).toMatch(/^at rest after/);
});
