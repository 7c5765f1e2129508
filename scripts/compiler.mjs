/** Where TypeScript's compiler is, in its native form. The other, `typescript`, is what lint loads. */
import { fileURLToPath } from 'node:url';

export const compiler = fileURLToPath(
  new URL('../node_modules/typescript-native/bin/tsc', import.meta.url),
);
