import { describeNativeGit } from './contract.js';
import { overSsh } from './transports.js';

describeNativeGit('ssh:// and gitws-ssh', overSsh);
