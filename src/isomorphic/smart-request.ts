/**
 * What isomorphic-git asks of an HTTP client, read as git's smart protocol (gitprotocol-http(5)):
 * `GET <repository>/info/refs?service=…` and `POST <repository>/<service>`. Nothing is opened here.
 */
import { GitWsError } from '../base/errors.js';

/** The services that smart HTTP has. */
export type SmartService = 'git-upload-pack' | 'git-receive-pack';

/** One of the two requests of a smart HTTP exchange. */
export interface SmartRequest {
  /** `advertisement` for the GET, `exchange` for the POST. */
  readonly kind: 'advertisement' | 'exchange';
  /** The repository's URL, as the caller wrote it. */
  readonly repository: string;
  readonly service: SmartService;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The `Git-Protocol` header, which is what ssh passes as GIT_PROTOCOL. */
  readonly gitProtocol: string | undefined;
}

const advertisementUrl = /^(.+)\/info\/refs\?service=(git-upload-pack|git-receive-pack)$/s;
const exchangeUrl = /^(.+)\/(git-upload-pack|git-receive-pack)$/s;

/**
 * @param method the request's method, GET where it is undefined.
 * @throws GitWsError INVALID_URL where it is neither of the two requests.
 */
export function parseSmartRequest(
  method: string | undefined,
  url: string,
  headers: Readonly<Record<string, string>>,
): SmartRequest {
  const kind = (method ?? 'GET').toUpperCase() === 'POST' ? 'exchange' : 'advertisement';
  const [, repository, service] =
    (kind === 'exchange' ? exchangeUrl : advertisementUrl).exec(url) ?? [];
  if (repository === undefined || service === undefined) {
    // The URL is not quoted: it may carry a password.
    throw new GitWsError(
      'INVALID_URL',
      'gitws carries only git’s smart protocol: GET …/info/refs?service=… and POST …/<service>.',
    );
  }
  return {
    kind,
    repository,
    service: service as SmartService,
    authorization: findHeader(headers, 'authorization'),
    gitProtocol: findHeader(headers, 'git-protocol'),
  };
}

// Callers write header names in whatever case they like, as HTTP lets them.
function findHeader(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === name) return value;
  }
  return undefined;
}
