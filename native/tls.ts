/**
 * How a server's certificate is checked, by the settings that git's own https:// obeys
 * (git-config(1), `http.ssl*`; git(1), `GIT_SSL_*`), and what is done where Node.js and the system
 * trust different authorities.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { GitWsError } from '../src/base/errors.js';
import type { GitConfig } from './git-config.js';
import { trace } from './trace.js';

/** Options for the TLS connection. */
export interface TlsOptions {
  readonly rejectUnauthorized?: boolean;
  /** Authorities, in PEM; those of Node.js where it is not given. */
  readonly ca?: string[];
  /** Certificate and key of the client, in PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** Files in which systems keep the authorities that they trust. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/opt/homebrew/etc/ca-certificates/cert.pem',
];

/** Reasons that other authorities could take away. */
const unknownIssuer = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/**
 * @throws GitWsError INVALID_OPTION where a file that is set cannot be read.
 */
export function tlsOptions(config: GitConfig): TlsOptions {
  const { env } = process;
  const setting = (variable: string, name: string): string | undefined =>
    env[variable] || config.path(name);
  const file = setting('GIT_SSL_CAINFO', 'sslCAInfo') ?? (env['SSL_CERT_FILE'] || undefined);
  const directory = setting('GIT_SSL_CAPATH', 'sslCAPath');
  const cert = setting('GIT_SSL_CERT', 'sslCert');
  // As with curl, a file with the certificate may hold the key too.
  const key = setting('GIT_SSL_KEY', 'sslKey') ?? cert;
  const ca = [
    ...(file === undefined ? [] : [read(file)]),
    ...(directory === undefined ? [] : readDirectory(directory)),
  ];
  return {
    ...(isVerified(config) ? {} : { rejectUnauthorized: false }),
    ...(ca.length === 0 ? {} : { ca }),
    ...(cert === undefined ? {} : { cert: read(cert) }),
    ...(key === undefined ? {} : { key: read(key) }),
  };
}

/** As in git's http.c: any value of the variable turns the checks off, even an empty one. */
function isVerified(config: GitConfig): boolean {
  return process.env['GIT_SSL_NO_VERIFY'] === undefined && config.flag('sslVerify') !== false;
}

/**
 * The authorities that the system trusts and Node.js does not: a company's own, for example. To be
 * tried once after a connection failed, and only where none were set: reading them takes time that
 * nearly nobody has to spend.
 *
 * @param cause what the connection failed with.
 * @returns undefined where they cannot help.
 */
export function systemAuthorities(options: TlsOptions, cause: unknown): TlsOptions | undefined {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (options.ca !== undefined || typeof code !== 'string') return undefined;
  if (!unknownIssuer.has(code)) return undefined;
  const ca = readSystemAuthorities();
  if (ca.length === 0) return undefined;
  trace('tls', code, "trying again with the system's authorities");
  return { ...options, ca };
}

function readSystemAuthorities(): string[] {
  // Newer versions ask the system itself, also on macOS and Windows.
  // eslint-disable-next-line n/no-unsupported-features/node-builtins -- used only where it is there
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  if (getCACertificates !== undefined) return getCACertificates('system');
  for (const path of systemBundles) {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      // Not this kind of system.
    }
  }
  return [];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new GitWsError('INVALID_OPTION', `cannot read ${path} (${code})`, { cause });
  }
}

function readDirectory(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => read(join(path, entry.name)))
      .filter((text) => text.includes('-----BEGIN CERTIFICATE-----'));
  } catch (cause) {
    if (cause instanceof GitWsError) throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new GitWsError('INVALID_OPTION', `cannot read ${path} (${code})`, { cause });
  }
}
