/** The script that works on packs, loaded when there is one. */
import { Script } from './script.js';

export const startScript = new Script(() => import('./start.js'));
