/** Many states of a working tree. */
import { it } from 'vitest';
import { tryStates } from './two-trees.js';

it('checks out what git does, and loses nothing, in many states of a working tree', async () => {
  await tryStates(150, 4_711);
});
