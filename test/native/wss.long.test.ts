import { describeNativeGit } from './contract.js';
import { overWss } from './transports.js';

describeNativeGit('wss://', overWss);
