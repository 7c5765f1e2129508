/** Who may: refusals arrive as isomorphic-git's own errors, and its callbacks are asked. */
import type { ContractCase } from '../context.js';
import { equal, ok, rejects } from '../expect.js';
import { cloneWithCommit } from './push.js';

const right = { username: 'ada', password: 'open sesame' };
const wrong = { username: 'ada', password: 'guess' };
/** What makes a Basic Authorization of the right ones. */
const basic = `Basic ${btoa('ada:open sesame')}`;

export const authCases: ContractCase[] = [
  {
    name: 'a clone without credentials is refused with status 401 and the server’s words',
    async run({ git, http, fs, dir, oracle }) {
      const { guardedUrl: url } = await oracle.repository('sample');
      const error = await rejects(git.clone({ fs, http, dir, url }), 'HttpError');
      equal(error.data['statusCode'], 401);
      ok(String(error.data['statusMessage']).length > 3, 'there is no reason');
      await oracle.idle();
    },
  },
  {
    name: 'onAuth is asked once, its credentials serve the whole clone, and onAuthSuccess hears so',
    async run({ git, http, fs, dir, oracle }) {
      const { guardedUrl: url } = await oracle.repository('sample');
      const calls: string[] = [];
      await git.clone({
        ...{ fs, http, dir, url },
        onAuth: () => {
          calls.push('onAuth');
          return right;
        },
        onAuthFailure: () => void calls.push('onAuthFailure'),
        onAuthSuccess: () => void calls.push('onAuthSuccess'),
      });
      equal(calls, ['onAuth', 'onAuthSuccess']);
    },
  },
  {
    name: 'a wrong password calls onAuthFailure, which may bring the right one',
    async run({ git, http, fs, dir, oracle }) {
      const { guardedUrl: url } = await oracle.repository('sample');
      const calls: string[] = [];
      await git.clone({
        ...{ fs, http, dir, url },
        onAuth: () => {
          calls.push('onAuth');
          return wrong;
        },
        onAuthFailure: () => {
          calls.push('onAuthFailure');
          return right;
        },
        onAuthSuccess: () => void calls.push('onAuthSuccess'),
      });
      equal(calls, ['onAuth', 'onAuthFailure', 'onAuthSuccess']);
    },
  },
  {
    name: 'a wrong password alone is refused with status 401',
    async run({ git, http, fs, dir, oracle }) {
      const { guardedUrl: url } = await oracle.repository('sample');
      let failures = 0;
      const clone = git.clone({
        ...{ fs, http, dir, url },
        onAuth: () => wrong,
        onAuthFailure: () => void (failures += 1),
      });
      equal((await rejects(clone, 'HttpError')).data['statusCode'], 401);
      equal(failures, 1, 'calls of onAuthFailure');
      await oracle.idle();
    },
  },
  {
    name: 'onAuth that cancels ends the clone with UserCanceledError',
    async run({ git, http, fs, dir, oracle }) {
      const { guardedUrl: url } = await oracle.repository('sample');
      const onAuth = () => ({ cancel: true });
      await rejects(git.clone({ fs, http, dir, url, onAuth }), 'UserCanceledError');
      await oracle.idle();
    },
  },
  {
    name: 'credentials in the URL, in headers and in the client’s option are all taken',
    isLong: true,
    async run({ git, gitws, http, fs, dir, oracle }) {
      const { guardedUrl: url } = await oracle.repository('sample');
      const withUserinfo = url.replace('://', '://ada:open%20sesame@');
      const noCheckout = true;
      await git.clone({ fs, http, dir: `${dir}-1`, url: withUserinfo, noCheckout });
      const headers = { Authorization: basic };
      await git.clone({ fs, http, dir: `${dir}-2`, url, headers, noCheckout });
      const value = gitws.createHttpClient({ authorization: basic });
      await git.clone({ fs, http: value, dir: `${dir}-3`, url, noCheckout });
      const asked = gitws.createHttpClient({ authorization: () => Promise.resolve(basic) });
      await git.clone({ fs, http: asked, dir: `${dir}-4`, url, noCheckout });
    },
  },
  {
    name: 'a push asks for credentials too',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { name, oid, guardedUrl } = await cloneWithCommit(context);
      await git.push({ fs, http, dir, url: guardedUrl, onAuth: () => right });
      equal(await oracle.serverGit(name, ['rev-parse', 'main']), oid);
    },
  },
  {
    name: 'a repository that does not exist is refused with status 404',
    async run({ git, http, fs, dir, oracle }) {
      const { url } = await oracle.repository('empty');
      const clone = git.clone({ fs, http, dir, url: `${url}-not` });
      equal((await rejects(clone, 'HttpError')).data['statusCode'], 404);
    },
  },
  {
    name: 'a server that is not there is CONNECTION_FAILED, and worth another try',
    async run({ git, gitws, http, fs, dir, oracle }) {
      const url = await oracle.proxy(await oracle.repository('empty'), {});
      await oracle.closeProxy(url);
      const error = await rejects(git.clone({ fs, http, dir, url }), 'CONNECTION_FAILED');
      ok(gitws.isGitWsError(error) && error.retryable, 'it is not retryable');
    },
  },
];
