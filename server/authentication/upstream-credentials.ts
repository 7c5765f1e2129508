/**
 * The operator's credentials for upstreams, out of a file: which they are for each repository there,
 * and for what.
 */
import { z } from 'zod';
import type { UpstreamCredentials } from '../backend/upstream/proof.js';
import { Upstreams } from '../backend/upstream/upstreams.js';
import { faultsOf, parseJson } from '../files/json-file.js';
import { openReloadingFile, type Report } from '../files/reloading-file.js';
import { canonicalRepository, compileGlobs, globFault } from '../rules/glob.js';
import type { Matcher } from '../rules/types.js';

/** Where the file is and whom to tell. */
export interface UpstreamCredentialsOptions {
  /**
   * Path of the file (docs/gateway.md has its form), which only its owner and group may read. It is
   * read again when it changed.
   */
  readonly file: string;
  /** The upstreams of the server, as in `upstreams`: an entry for another one is a mistake. */
  readonly upstreams: readonly string[];
  /** Told when a later version cannot be used; the earlier one stays in force. */
  readonly report?: Report;
}

/** The credentials of a file, in force. */
export interface UpstreamCredentialsFile {
  /** For the option `upstreamCredentials`. */
  readonly credentials: UpstreamCredentials;
  /** Reads the file now, for example at SIGHUP. @returns whether it could be used. */
  reload(): Promise<boolean>;
}

interface Entry {
  readonly origin: string;
  readonly matches: Matcher;
  readonly allow: ReadonlySet<string>;
  readonly authorization: string;
}

const text = z
  .string()
  .min(1, 'must not be empty')
  .regex(/^[^\p{Cc}]*$/u, 'has a control character');

const entry = z.strictObject({
  note: z.string().optional(),
  upstream: z.string(),
  repositories: z.array(z.string().min(1)).min(1, 'must name at least one'),
  allow: z.array(z.enum(['read', 'write'], { error: 'must be read or write' })).optional(),
  username: text.optional(),
  password: text.optional(),
  authorization: text
    .regex(/^[\u0020-\u007e]*$/, 'has a character that no header may have')
    .optional(),
});

const credentialsFile = z.strictObject({
  version: z.literal(1, { error: 'must be 1' }),
  credentials: z.array(entry),
});

/**
 * @returns a function that gives the first entry that speaks of a repository and of what is done to it.
 * @throws GitWsError INVALID_OPTION where the file cannot be used; its sentence quotes no secret.
 */
export async function openUpstreamCredentials({
  file: path,
  upstreams,
  report,
}: UpstreamCredentialsOptions): Promise<UpstreamCredentialsFile> {
  const known = new Set(new Upstreams(upstreams).all.map(({ origin }) => origin));
  const parse = (content: string): readonly Entry[] => parseEntries(content, path, known);
  const file = await openReloadingFile(path, parse, report, { isSecret: true });
  return {
    async credentials({ upstream, repository, access }) {
      const canonical = canonicalRepository(repository);
      const found = (await file.current()).find(
        (one) =>
          // Defence: the operator's credentials are for one upstream.
          one.origin === upstream &&
          // Defence: the operator's credentials are for what their entry allows.
          one.allow.has(access) &&
          // Defence: the operator's credentials are for the repositories of their entry.
          one.matches(canonical),
      );
      return found?.authorization;
    },
    reload: () => file.reload(),
  };
}

function parseEntries(content: string, path: string, known: ReadonlySet<string>): readonly Entry[] {
  const { credentials } = parseJson(content, path, credentialsFile, { isSecret: true });
  const faults: string[] = [];
  const entries = credentials.map((one, index): Entry => {
    const { upstream, repositories, allow = ['read'], username, password, authorization } = one;
    const place = `credentials[${index}]`;
    const origin = originOf(upstream);
    if (origin === undefined || !known.has(origin)) {
      faults.push(`${place}.upstream: this server has no such upstream`);
    }
    for (const [at, glob] of repositories.entries()) {
      const fault = globFault(glob);
      if (fault !== undefined) faults.push(`${place}.repositories[${at}]: the glob ${fault}`);
    }
    const isPair = ![username, password].includes(undefined) && authorization === undefined;
    const isOne =
      [username, password].every((part) => part === undefined) && authorization !== undefined;
    if (!isPair && !isOne) {
      faults.push(`${place}: it has either username and password, or authorization`);
    }
    if (username?.includes(':') === true) faults.push(`${place}.username: must not have a colon`);
    return {
      origin: origin ?? '',
      matches: compileGlobs(repositories.map(canonicalRepository), true),
      allow: new Set(allow),
      authorization:
        authorization ?? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    };
  });
  if (faults.length > 0) throw faultsOf(path, faults);
  return entries;
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
