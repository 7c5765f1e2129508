import { describeNativeGit } from './contract.js';
import { overSecureSsh } from './transports.js';

describeNativeGit('ssh:// and gitws-ssh, over TLS', overSecureSsh);
