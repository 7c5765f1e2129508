/** The runtimes that the packed library is tried in: packages of a project of their own. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installProject } from '../helpers/own-project.js';

/** That project. */
export const runtimesFolder = fileURLToPath(new URL('.', import.meta.url));

/** One of them. */
export interface Runtime {
  /** As docs/runtimes.md calls it. */
  readonly title: string;
  /** Its package, for x64 and for arm64. */
  readonly packages: readonly [string, string];
  /** The program in its package. */
  readonly program: string;
  /** What comes before a script. */
  readonly args: readonly string[];
  /** What it may say of itself: the name under which it is maintained for long. */
  readonly lts?: string;
}

const node = (major: number): Pick<Runtime, 'packages' | 'program' | 'args'> => ({
  packages: [`node-${major}-linux-x64`, `node-${major}-linux-arm64`],
  program: 'bin/node',
  args: [],
});

export const runtimes: readonly Runtime[] = [
  { title: 'Node.js, the oldest', ...node(20), lts: 'Iron' },
  { title: 'Node.js, the newest LTS', ...node(24), lts: 'Krypton' },
  { title: 'Node.js, the newest', ...node(26) },
  {
    title: 'Bun',
    packages: ['@oven/bun-linux-x64', '@oven/bun-linux-aarch64'],
    program: 'bin/bun',
    args: [],
  },
  {
    title: 'Deno',
    packages: ['@deno/linux-x64-glibc', '@deno/linux-arm64-glibc'],
    program: 'deno',
    // Nothing is to come from anywhere else than from the stranger's node_modules.
    args: ['run', '--allow-all', '--cached-only', '--no-lock'],
  },
];

/** @returns each runtime with the path of its program; undefined where it is not to be had. */
export async function findRuntimes(): Promise<{ runtime: Runtime; program: string | undefined }[]> {
  const names = runtimes.flatMap(({ packages }) => packages);
  const { packageOf } = await installProject(runtimesFolder, names);
  return runtimes.map((runtime) => {
    const [folder] = runtime.packages.flatMap((name) => packageOf(name) ?? []);
    return { runtime, program: folder === undefined ? undefined : join(folder, runtime.program) };
  });
}
