/**
 * A certificate authority of the tests' own, and certificates for loopback names that it signs.
 * Made anew for each run: nothing in the repository runs out.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { temporaryDirectory } from './temp.js';

/** A key and its certificate, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** An authority. */
export interface Authority extends Certificate {
  /** File with its certificate, for `http.sslCAInfo`. */
  readonly file: string;
  /** A certificate for a server on these names; default: 127.0.0.1 and localhost. */
  serverCertificate(names?: readonly string[]): Promise<Certificate>;
  /** A certificate for a client. */
  clientCertificate(name: string): Promise<Certificate>;
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>;

/** Makes an authority. Keys are elliptic: RSA ones take long to make. */
export async function makeAuthority(name = 'Test CA'): Promise<Authority> {
  const ca = await make(name, undefined, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const file = join(await temporaryDirectory(), 'ca.pem');
  await writeFile(file, ca.cert);
  return {
    ...ca,
    file,
    serverCertificate: (names = ['127.0.0.1', 'localhost']) =>
      make('server', ca, [
        { name: 'basicConstraints', cA: false },
        {
          name: 'subjectAltName',
          altNames: names.map((one) =>
            /^[\d.]+$/.test(one) ? { type: 7 as const, ip: one } : { type: 2 as const, value: one },
          ),
        },
      ]),
    clientCertificate: (subject) => make(subject, ca, [{ name: 'extKeyUsage', clientAuth: true }]),
  };
}

async function make(
  commonName: string,
  ca: Certificate | undefined,
  extensions: Extensions,
): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...{ keyType: 'ec', curve: 'P-256', algorithm: 'sha256', extensions },
    ...(ca === undefined ? {} : { ca }),
  });
  return { key: made.private, cert: made.cert };
}
