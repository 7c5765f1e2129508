/** Runs a case; then git looks at both ends, whatever the case itself looked at. */
import type { ContractCase, ContractContext, ContractFs } from './context.js';

/** @throws what the case threw; else what `git fsck --strict` finds, on the server or here. */
export async function runCase({ run }: ContractCase, context: ContractContext): Promise<void> {
  await run(context);
  const { fs, dir, oracle } = context;
  await oracle.expectSoundServers();
  if (await isRepository(fs, dir)) await oracle.expectSoundClient(dir);
}

/** Of a clone that failed nothing is left. */
async function isRepository(fs: ContractFs, dir: string): Promise<boolean> {
  return fs.promises.stat(`${dir}/.git/HEAD`).then(
    () => true,
    () => false,
  );
}
