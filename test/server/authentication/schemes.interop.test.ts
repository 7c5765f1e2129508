/** Every way to sign in, by real clients against a real server: isomorphic-git and a bare socket. */
import fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { hash as bcryptHash } from 'bcryptjs';
import { createHttpClient, http } from 'gitws';
import * as git from 'isomorphic-git';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { authenticateByHtpasswd } from '../../../server/authentication/htpasswd.js';
import { authenticateByJwt } from '../../../server/authentication/jwt.js';
import { limitFailures, type FailedSignIn } from '../../../server/authentication/failures.js';
import { authenticateInOrder } from '../../../server/authentication/in-order.js';
import { createToken, revokeToken } from '../../../server/authentication/token-file.js';
import { authenticateByTokens } from '../../../server/authentication/tokens.js';
import { authorizeByRules } from '../../../server/rules/authorize.js';
import { expectSoundRepository, git as nativeGit, makeRepository } from '../../helpers/git.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

const issuer = 'https://id.example';
const audience = 'gitws';

let server: TestServer;
let keyServer: Server;
let signingKey: CryptoKey;
let root: string;
let head: string;
let tokens: string;
let dir: string;
const failures: FailedSignIn[] = [];

const rules = {
  version: 1,
  groups: { staff: ['alice'] },
  rules: [
    { repositories: ['team/*'], who: ['group:staff'], allow: ['read', 'write'] },
    { repositories: ['public/*'], who: ['anyone'], allow: ['read'] },
  ],
};

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'team/site.git'), { commits: 3, files: 3 }));
  await makeRepository(join(root, 'public/site.git'), { commits: 3, files: 3 });

  const settings = await temporaryDirectory();
  const passwords = join(settings, 'users.htpasswd');
  await writeFile(passwords, `alice:${await bcryptHash('correct horse', 4)}\n`);
  tokens = join(settings, 'tokens.json');
  await createToken(tokens, { name: 'first' });
  const rulesFile = join(settings, 'rules.json');
  await writeFile(rulesFile, JSON.stringify(rules));

  const { privateKey, publicKey } = await generateKeyPair('ES256');
  signingKey = privateKey;
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k' }];
  keyServer = createServer((_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
  const jwksUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/`;

  const authenticate = authenticateInOrder([
    await authenticateByTokens({ file: tokens }),
    await authenticateByJwt({ keys: { jwksUrl }, issuer, audience, permissionsClaim: 'scope' }),
    await authenticateByHtpasswd({ file: passwords }),
  ]);
  const onFailure = (failure: FailedSignIn) => failures.push(failure);
  server = await startServer({
    root,
    allowPush: true,
    authenticate: limitFailures(authenticate, { onFailure, failureDelay: 1 }),
    authorize: (await authorizeByRules({ file: rulesFile })).authorize,
  });
});

afterAll(async () => {
  keyServer.closeAllConnections();
  await new Promise((resolve) => keyServer.close(resolve));
});

beforeEach(async () => {
  dir = await temporaryDirectory();
  failures.splice(0);
});

const site = () => `${server.url}/team/site.git`;

function issueJwt(claims: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT({ scope: 'read:**', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('alice')
    .setExpirationTime('1 min')
    .sign(signingKey);
}

async function expectClone(url: string, options: Partial<Parameters<typeof git.clone>[0]>) {
  await git.clone({ fs, http, dir, url, ...options });
  expect(await git.resolveRef({ fs, dir, ref: 'HEAD' })).toBe(head);
  await expectSoundRepository(dir);
}

/** The HTTP status of what is refused. */
async function status(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'HttpError' });
  return (error as { data: { statusCode: number } }).data.statusCode;
}

const clone = (options: Partial<Parameters<typeof git.clone>[0]> = {}) =>
  git.clone({ fs, http, dir, url: site(), ...options });

it('clones and pushes with a name and a password from an htpasswd file', async () => {
  const onAuth = () => ({ username: 'alice', password: 'correct horse' });
  await expectClone(site(), { onAuth });
  const author = { name: 'Alice', email: 'alice@example.com' };
  const oid = await git.commit({ fs, dir, message: 'From alice', author });
  const pushed = await git.push({ fs, http, dir, remoteRef: 'refs/heads/alice', onAuth });
  expect(pushed.ok).toBe(true);
  const at = `--git-dir=${join(root, 'team/site.git')}`;
  expect(await nativeGit([at, 'rev-parse', 'refs/heads/alice'])).toBe(oid);
});

it('clones with a token in the place of the password, as git sends it', async () => {
  const { token } = await createToken(tokens, { name: 'laptop', user: 'alice' });
  await expectClone(site(), { onAuth: () => ({ username: 'whoever', password: token }) });
  await revokeToken(tokens, 'laptop');
  expect(await status(clone({ onAuth: () => ({ username: 'whoever', password: token }) }))).toBe(
    401,
  );
});

it('clones with a token as a bearer token', async () => {
  const { token } = await createToken(tokens, { name: 'page', user: 'alice' });
  const client = createHttpClient({ authorization: `Bearer ${token}` });
  await expectClone(site(), { http: client });
});

it('clones with a JWT that is asked for at each connect, and may do no more than it says', async () => {
  const client = createHttpClient({ authorization: async () => `Bearer ${await issueJwt()}` });
  await expectClone(site(), { http: client });
  const author = { name: 'Alice', email: 'alice@example.com' };
  await git.commit({ fs, dir, message: 'Not allowed', author });
  const push = git.push({ fs, http: client, dir, remoteRef: 'refs/heads/jwt' });
  expect(await status(push)).toBe(403);
  const without = async () => `Bearer ${await issueJwt({ scope: undefined })}`;
  expect(await status(clone({ http: createHttpClient({ authorization: without }) }))).toBe(404);
});

it('clones what anyone may read without asking for anything', async () => {
  const onAuth = () => {
    throw new Error('asked');
  };
  await expectClone(`${server.url}/public/site`, { onAuth });
  expect(failures).toEqual([]);
});

it('asks for credentials where they are missing, and says no to wrong ones, with the address', async () => {
  expect(await status(clone())).toBe(401);
  expect(failures).toEqual([]);
  const onAuth = () => ({ username: 'alice', password: 'wrong' });
  expect(await status(clone({ onAuth }))).toBe(401);
  expect(failures).toEqual([
    expect.objectContaining({ address: '127.0.0.1', username: 'alice', scheme: 'basic' }),
  ]);
});

it('takes the header of a client that can set one', async () => {
  const basic = Buffer.from('alice:correct horse').toString('base64');
  const client = new RawClient(server.url, {
    target: '/team/site.git/git-upload-pack',
    headers: { Authorization: `Basic ${basic}` },
  });
  expect(await client.text('open')).toMatchObject({ type: 'open' });
  client.socket.close(1000);
  await client.closed;
});
