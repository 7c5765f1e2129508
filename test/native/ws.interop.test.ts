import { describeNativeGit } from './contract.js';
import { overWs } from './transports.js';

describeNativeGit('ws://', overWs);
