/** Hooks of test repositories. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes a hook.
 *
 * @param gitDir bare repository or `.git` directory.
 * @param name for example `pre-receive`.
 * @param script for /bin/sh.
 */
export async function writeHook(gitDir: string, name: string, script: string): Promise<void> {
  await mkdir(join(gitDir, 'hooks'), { recursive: true });
  await writeFile(join(gitDir, 'hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
