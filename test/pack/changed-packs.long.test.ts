/** More changed packs than hostile.test.ts tries. */
import { testChangedPacks } from './changed-packs.js';

testChangedPacks(150);
