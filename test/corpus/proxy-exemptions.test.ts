/** What `no_proxy` exempts, held against the real curl. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isExempt } from '../../native/proxy-choice.js';
import { startHttpProxy, type ForwardProxy } from '../helpers/forward-proxy.js';
import { gitEnvironment } from '../helpers/git.js';
import { readCorpus } from './corpus.js';

describe('no_proxy', () => {
  let proxy: ForwardProxy;

  beforeAll(async () => {
    proxy = await startHttpProxy();
  });

  /** Whether the real curl leaves the proxy out. Nothing listens where it then connects to. */
  async function curlExempts(host: string, list: string): Promise<boolean> {
    proxy.asked.length = 0;
    const where = host.includes(':') ? `[${host}]` : host;
    const args = ['-s', '-x', proxy.url, '--noproxy', list, '--connect-to', '::127.0.0.1:1'];
    await promisify(execFile)('curl', [...args, '-p', '-q', `http://${where}/`], {
      env: gitEnvironment,
    }).catch((error: { code?: unknown }) => {
      // It connects to nothing in either case.
      if (typeof error.code !== 'number') throw error;
    });
    return proxy.asked.length === 0;
  }

  it.each(readCorpus<{ host: string; list: string }, boolean>('proxy-exemptions'))(
    '$name',
    async ({ input: { host, list }, expected }) => {
      expect(await curlExempts(host, list)).toBe(expected);
      expect(isExempt(host, list)).toBe(expected);
    },
  );
});
