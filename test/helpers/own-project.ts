/**
 * Projects of the tests that are installed when they are needed, from lock files of their own: what is
 * in them is large, and the long run alone wants it.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

interface Locked {
  readonly version: string;
  readonly os?: readonly string[] | string;
  readonly cpu?: readonly string[] | string;
}

/** A project that is there. */
export interface OwnProject {
  readonly folder: string;
  /** Versions in the lock file, by the names in package.json. */
  readonly versions: ReadonlyMap<string, string>;
  /** Path of a package, for this system; undefined where it is not to be had. */
  readonly packageOf: (name: string) => string | undefined;
}

/** @returns what a project's lock file names at its top. */
export async function lockedVersions(folder: string): Promise<Map<string, Locked>> {
  const text = await readFile(join(folder, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };
  const top = Object.entries(packages).flatMap(([path, locked]) => {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    return name === undefined ? [] : [[name, locked] as const];
  });
  return new Map(top);
}

/**
 * Installs the project of a folder, unless it is there in the versions of its lock file.
 *
 * @param names the packages that are looked for; those of other systems are left out.
 * @throws Error where npm has installed it and one is missing all the same, under CI=true, which tries all.
 */
export async function installProject(
  folder: string,
  names: readonly string[],
): Promise<OwnProject> {
  const locked = await lockedVersions(folder);
  const wanted = names.filter((name) => isOfThisSystem(locked.get(name)));
  const missing = async (): Promise<string[]> => {
    const found = await Promise.all(
      wanted.map(async (name) => {
        const installed = await installedVersion(folder, name);
        return installed === locked.get(name)?.version ? [] : [name];
      }),
    );
    return found.flat();
  };
  // A registry that is not reached says nothing of the code: what is not there is told, and left out.
  const isReached = (await missing()).length === 0 || (await install(folder));
  const left = await missing();
  const told = `NOT TO BE HAD, AND NOT TRIED: ${left.join()}`;
  if (left.length > 0 && isReached && process.env['CI'] === 'true') throw new Error(told);
  if (left.length > 0) console.error(`\n**** ${told} ****\n`);
  return {
    folder,
    versions: new Map([...locked].map(([name, { version }]) => [name, version])),
    packageOf: (name) =>
      wanted.includes(name) && !left.includes(name)
        ? join(folder, 'node_modules', name)
        : undefined,
  };
}

/** @returns whether npm could. */
async function install(folder: string): Promise<boolean> {
  const options = ['--ignore-scripts', '--no-bin-links', '--prefer-offline'];
  try {
    await execute('npm', ['ci', ...options, '--no-audit', '--no-fund'], { cwd: folder });
    return true;
  } catch (error) {
    // The caller looks for what is missing then.
    console.error(error);
    return false;
  }
}

async function installedVersion(folder: string, name: string): Promise<string | undefined> {
  const file = join(folder, 'node_modules', name, 'package.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  // Older packages of Node have a letter before it, which npm takes away.
  return (JSON.parse(text) as { version?: string }).version?.replace(/^v/, '');
}

function isOfThisSystem(locked: Locked | undefined): boolean {
  if (locked === undefined) return false;
  const has = (allowed: readonly string[] | string | undefined, own: string): boolean =>
    allowed === undefined || [allowed].flat().includes(own);
  return has(locked.os, process.platform) && has(locked.cpu, process.arch);
}
