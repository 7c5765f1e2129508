/**
 * A server of git-lfs's batch API with its basic transfers, without locks: where large files of a
 * repository go beside git (github.com/git-lfs/git-lfs, docs/api).
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from './listen.js';

/** A server that listens. */
export interface LfsServer {
  /** `http://127.0.0.1:PORT`; any path that ends with `/info/lfs` is one of its endpoints. */
  readonly url: string;
  /** What it keeps, by SHA-256 in hexadecimal. */
  readonly objects: ReadonlyMap<string, Buffer>;
}

interface BatchRequest {
  readonly operation: 'upload' | 'download';
  readonly objects: readonly { readonly oid: string; readonly size: number }[];
}

/** Starts one that keeps nothing yet. */
export async function startLfsServer(): Promise<LfsServer> {
  const objects = new Map<string, Buffer>();
  let base = '';

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const body = await buffer(request);
    const oid = /^\/objects\/([0-9a-f]{64})$/.exec(url)?.[1] ?? '';
    if (method === 'POST' && url.endsWith('/info/lfs/objects/batch')) {
      response.setHeader('content-type', 'application/vnd.git-lfs+json');
      response.end(JSON.stringify(batch(JSON.parse(body.toString()) as BatchRequest)));
    } else if (method === 'PUT' && createHash('sha256').update(body).digest('hex') === oid) {
      objects.set(oid, body);
      response.end();
    } else if (method === 'GET' && objects.has(oid)) {
      response.end(objects.get(oid));
    } else {
      response.writeHead(404).end();
    }
  }

  function batch({ operation, objects: asked }: BatchRequest): unknown {
    const href = (oid: string): { href: string } => ({ href: `${base}/objects/${oid}` });
    const one = ({ oid, size }: { oid: string; size: number }): unknown => {
      if (operation === 'upload') {
        return objects.has(oid) ? { oid, size } : { oid, size, actions: { upload: href(oid) } };
      }
      return objects.has(oid)
        ? { oid, size, actions: { download: href(oid) } }
        : { oid, size, error: { code: 404, message: 'not here' } };
    };
    return { transfer: 'basic', objects: asked.map(one) };
  }

  const { url } = await listen(
    createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    }),
  );
  base = url;
  return { url, objects };
}
