/** A few states of a working tree; two-trees.long.test.ts tries many. */
import { it } from 'vitest';
import { tryStates } from './two-trees.js';

it('checks out what git does, and loses nothing, in some states of a working tree', async () => {
  await tryStates(12, 20_261_128);
});
