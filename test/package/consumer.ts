/**
 * The package as a stranger gets it: packed by npm, and installed by npm into a project of its
 * own, without the sources and the tools of this one.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../../scripts/build.mjs';
import { isBuilt } from '../../scripts/build-inputs.mjs';
import { compiler } from '../../scripts/compiler.mjs';

/** The project's own directory. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a process printed, and how it ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with nothing on stdin; never throws for an exit code. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env = process.env,
): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd, env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end();
  });
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, cwd);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}`);
  return stdout;
}

/** The parts of package.json and package-lock.json that are read here. */
export interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
}
interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}
type LockedPackages = Readonly<Record<string, LockedPackage>>;
interface LockFile {
  readonly packages: LockedPackages;
}

async function readJson<Content>(path: string): Promise<Content> {
  return JSON.parse(await readFile(path, 'utf8')) as Content;
}

/** @returns package.json as far as it is read here. */
export function readManifest(): Promise<Manifest> {
  return readJson<Manifest>(join(root, 'package.json'));
}

/**
 * @param directory where to put the tarball.
 * @returns its path, and the paths of the files in it.
 */
export async function packPackage(
  directory: string,
): Promise<{ tarball: string; files: readonly string[] }> {
  // The set-up of the tests leaves out the declarations, and goes on after a failed build.
  if (!(await isBuilt(root, { declarations: true }))) await build();
  const output = await succeed(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    root,
  );
  const [packed] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  return {
    tarball: join(directory, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}

/**
 * Installs a packed tarball with the dependencies that its package.json names, in the versions of
 * this project's lock file: those are in npm's cache, so that nothing needs to be downloaded.
 *
 * @param beside packages of this project that the stranger has as well, with what they depend on.
 */
export async function installPackage(
  tarball: string,
  directory: string,
  beside: readonly string[] = [],
): Promise<void> {
  const { version, dependencies, bin, engines } = await readManifest();
  const lock = await readJson<LockFile>(join(root, 'package-lock.json'));
  const consumer = {
    name: 'consumer',
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: {
      gitws: `file:${tarball}`,
      ...Object.fromEntries(beside.map((name) => [name, versionIn(lock, name)])),
    },
  };
  const production = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true,
  );
  const packages = {
    ...Object.fromEntries(production),
    ...withDependencies(lock.packages, beside),
    '': consumer,
    'node_modules/gitws': { version, resolved: `file:${tarball}`, dependencies, bin, engines },
  };
  const lockFile = { name: 'consumer', version: '1.0.0', lockfileVersion: 3, requires: true };
  await writeFile(join(directory, 'package.json'), JSON.stringify(consumer));
  await writeFile(join(directory, 'package-lock.json'), JSON.stringify({ ...lockFile, packages }));
  await succeed(
    'npm',
    ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'],
    directory,
  );
}

function versionIn({ packages }: LockFile, name: string): string {
  const found = packages[`node_modules/${name}`];
  if (found === undefined) throw new Error(`${name} is no package of this project`);
  return found.version;
}

/** @returns packages of a lock file with all that they depend on, found as Node finds it. */
function withDependencies(packages: LockedPackages, names: readonly string[]): LockedPackages {
  const found: Record<string, LockedPackage> = {};
  const look = (name: string, from: string): void => {
    const path = `${from}node_modules/${name}`;
    const one = packages[path];
    if (one === undefined) {
      // What depends on it may have brought it, or whoever depends on that.
      const above = from.lastIndexOf('node_modules/', from.length - 2);
      if (above >= 0) look(name, from.slice(0, above));
      return;
    }
    if (found[path] !== undefined) return;
    found[path] = { ...one, dev: false, devOptional: false };
    for (const needed of Object.keys(one.dependencies ?? {})) look(needed, `${path}/`);
  };
  for (const name of names) look(name, '');
  return found;
}

/** Gives a consumer some packages of this project's own, for its compiler to find types in. */
export async function linkPackages(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const target = join(directory, 'node_modules', name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(join(root, 'node_modules', name), target);
  }
}

/** Runs this project's TypeScript in a consumer's directory. */
export function compile(directory: string, ...args: string[]): Promise<Run> {
  return run(process.execPath, [compiler, ...args], directory);
}
