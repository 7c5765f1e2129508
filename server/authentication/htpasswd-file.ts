/**
 * The text of an htpasswd file: one `name:hash` a line, as Apache's htpasswd(1) writes it with -B.
 * Only bcrypt is accepted: every other kind in that format can be guessed by the billion.
 */
import { GitWsError } from '../../src/base/errors.js';
import { quoteForLog } from '../text/log-text.js';

/** Hashes by user name. */
export type PasswordHashes = ReadonlyMap<string, string>;

/** $2a$, $2b$ and $2y$ differ in old implementations' faults only. */
const bcryptHash = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** bcrypt's own least, and what one core checks in about 3 s (each step more doubles it). */
const costs = { least: 4, most: 15 };

const otherKinds: readonly (readonly [RegExp, string])[] = [
  [/^\$2[abxy]?\$/, 'is not a whole bcrypt hash'],
  [/^\$apr1\$/, 'is of the kind Apache MD5 ($apr1$)'],
  [/^\{SHA\}/, 'is of the kind SHA-1 ({SHA})'],
  [/^\$5\$/, 'is of the kind SHA-256 crypt ($5$)'],
  [/^\$6\$/, 'is of the kind SHA-512 crypt ($6$)'],
  [/^\$1\$/, 'is of the kind MD5 crypt ($1$)'],
  [/^\$argon2/, 'is of the kind Argon2'],
  [/^[./A-Za-z0-9]{13}$/, 'is of the kind DES crypt'],
];

/**
 * @param text of the file; empty lines and lines that begin with # are skipped.
 * @param path for the sentences of errors, which name the line and never quote a hash.
 * @throws GitWsError INVALID_OPTION with `data.line`, counted from 1.
 */
export function parseHtpasswd(text: string, path: string): PasswordHashes {
  const hashes = new Map<string, string>();
  for (const [index, untrimmed] of text.split('\n').entries()) {
    const line = untrimmed.trim();
    if (line === '' || line.startsWith('#')) continue;
    const fault = (why: string): GitWsError =>
      new GitWsError('INVALID_OPTION', `${path}, line ${index + 1}: ${why}.`, {
        data: { line: index + 1 },
      });
    const colon = line.indexOf(':');
    if (colon <= 0) throw fault('it is not NAME:HASH');
    const name = line.slice(0, colon);
    const hash = line.slice(colon + 1);
    const whose = `of ${quoteForLog(name)}`;
    if (hashes.has(name)) throw fault(`there is an earlier line ${whose}`);
    const cost = Number(bcryptHash.exec(hash)?.[1] ?? Number.NaN);
    if (Number.isNaN(cost)) {
      const kind = otherKinds.find(([pattern]) => pattern.test(hash))?.[1] ?? 'is of no known kind';
      throw fault(`the hash ${whose} ${kind}; only bcrypt is accepted, as htpasswd -B makes it`);
    }
    if (cost < costs.least || cost > costs.most) {
      throw fault(`the hash ${whose} has cost ${cost}, not ${costs.least} to ${costs.most}`);
    }
    hashes.set(name, hash);
  }
  return hashes;
}

/** The cost of a hash that {@link parseHtpasswd} accepted: checking it takes 2^cost rounds. */
export function bcryptCost(hash: string): number {
  return Number(hash.slice(4, 6));
}
