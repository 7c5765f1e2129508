import { describeNativeGit } from './contract.js';
import { overWs } from './transports.js';

// More at once: the long tests of the other ways, whose helper is the same.
describeNativeGit('ws://', overWs, 8);
