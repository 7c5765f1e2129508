/**
 * The file of bearer tokens, and the three things an operator does with it: create, list, revoke.
 * It holds no token, only SHA-256 hashes: a token has 256 random bits, so a plain hash of it can be
 * neither guessed nor turned back, and needs no salt and no slow function.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GitWsError } from '../../src/base/errors.js';
import { parseJson } from '../files/json-file.js';
import { replaceFile } from '../files/replace-file.js';

/** Begins every token, so that scanners for secrets can find a leaked one. */
const prefix = 'gitws_';

/** Random bytes of a token: nobody guesses so many. */
export const secretBytes = 32;

const name = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u, 'must be 1 to 100 letters, digits or ._@+-');

const tokenFile = z.strictObject({
  version: z.literal(1),
  tokens: z.array(
    z.strictObject({
      name,
      user: name,
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
      created: z.iso.datetime(),
      expires: z.iso.datetime().nullable(),
      permissions: z.array(z.string()).optional(),
    }),
  ),
});

/** One token, as the file has it. */
export type TokenEntry = z.infer<typeof tokenFile>['tokens'][number];

/** What may be shown of a token after it was created. Times in ISO 8601. */
export interface TokenDescription {
  /** What it is known by, unique in the file. */
  readonly name: string;
  /** Whose it is. */
  readonly user: string;
  /** When it was made. */
  readonly created: string;
  /** Null for one that lasts until it is revoked. */
  readonly expires: string | null;
  /** If there are some, it may do no more than these. */
  readonly permissions?: readonly string[] | undefined;
}

/** What a new token is to be. */
export interface NewToken {
  /** To know it by, unique in the file. */
  readonly name: string;
  /** Whose it is; without it, the token's own name. */
  readonly user?: string;
  /** Lifetime in ms; without it the token lasts until it is revoked. */
  readonly lifetime?: number;
  /** If given, it may do no more than these, for example `read:team/*`. */
  readonly permissions?: readonly string[];
}

/**
 * @param text of the file.
 * @param path for the sentences of errors.
 * @throws GitWsError INVALID_OPTION naming the entry by index and field.
 */
export function parseTokenFile(text: string, path: string): readonly TokenEntry[] {
  const { tokens } = parseJson(text, path, tokenFile);
  for (const [index, token] of tokens.entries()) {
    if (tokens.findIndex((other) => other.name === token.name) < index) {
      throw invalid(`${path}: tokens[${index}].name: there is an earlier token of this name.`);
    }
  }
  return tokens;
}

/** SHA-256 of a token as its holder presents it. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/**
 * Adds a token to the file, which is made (mode 0600) where there is none.
 *
 * @returns the token itself: this is the only time that anybody sees it.
 * @throws GitWsError INVALID_OPTION for a name that is taken or cannot be one, a lifetime that is
 *   no time, or a file that cannot be used.
 */
export async function createToken(
  path: string,
  wanted: NewToken,
  now = Date.now(),
): Promise<{ readonly token: string; readonly description: TokenDescription }> {
  const token = `${prefix}${randomBytes(secretBytes).toString('base64url')}`;
  const { lifetime, permissions } = wanted;
  if (lifetime !== undefined && !(lifetime > 0 && now + lifetime <= 8.64e15)) {
    throw invalid('The lifetime of a token must be longer than nothing, and end.');
  }
  const entry = {
    name: wanted.name,
    user: wanted.user ?? wanted.name,
    created: new Date(now).toISOString(),
    expires: lifetime === undefined ? null : new Date(now + lifetime).toISOString(),
    ...(permissions === undefined ? {} : { permissions: [...permissions] }),
  };
  for (const field of ['name', 'user'] as const) {
    const { error } = name.safeParse(entry[field]);
    if (error) throw invalid(`The ${field} ${error.issues[0]?.message ?? 'cannot be used'}.`);
  }
  await change(path, (tokens) => {
    if (tokens.some((other) => other.name === entry.name)) {
      throw invalid(`There is a token named "${entry.name}" already: revoke it, or take another.`);
    }
    return [...tokens, { ...entry, sha256: hashToken(token).toString('hex') }];
  });
  return { token, description: entry };
}

/**
 * @returns all tokens of the file, the expired ones too, without their hashes.
 * @throws GitWsError INVALID_OPTION where the file cannot be used.
 */
export async function listTokens(path: string): Promise<TokenDescription[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return emptyFile;
    throw invalid(`${path} cannot be read: ${error.code ?? String(error)}.`);
  });
  return parseTokenFile(text, path).map(({ sha256: _, ...description }) => description);
}

/**
 * Takes a token out of the file. A running server knows it at the next attempt to sign in.
 *
 * @throws GitWsError INVALID_OPTION where there is no token of this name.
 */
export async function revokeToken(path: string, tokenName: string): Promise<void> {
  await change(path, (tokens) => {
    const left = tokens.filter((token) => token.name !== tokenName);
    if (left.length === tokens.length) throw invalid(`There is no token named "${tokenName}".`);
    return left;
  });
}

async function change(
  path: string,
  edit: (tokens: readonly TokenEntry[]) => readonly TokenEntry[],
): Promise<void> {
  await replaceFile(path, (text) => {
    const tokens = edit(parseTokenFile(text ?? emptyFile, path));
    return `${JSON.stringify({ version: 1, tokens }, undefined, 2)}\n`;
  });
}

const emptyFile = '{ "version": 1, "tokens": [] }';

function invalid(sentence: string): GitWsError {
  return new GitWsError('INVALID_OPTION', sentence);
}
