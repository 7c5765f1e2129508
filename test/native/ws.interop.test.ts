/** Native git through the helper; the rest of the list: the long tests of the other ways, whose helper is the same. */
import { describeNativeGit } from './contract.js';
import { overWs } from './transports.js';

describeNativeGit('ws://', overWs, 'short');
