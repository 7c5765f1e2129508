/**
 * The peer of a gateway: isomorphic-git's own CORS proxy, on loopback. Run as
 * `node cors-proxy.js HOST`: the one host that it reaches over http.
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

const [host = ''] = process.argv.slice(2);
// It is read when the proxy is loaded.
process.env['INSECURE_HTTP_ORIGINS'] = host;
// @ts-expect-error It has no types.
const { default: proxy } = (await import('@isomorphic-git/cors-proxy')) as {
  default: RequestListener;
};
const server = createServer(proxy).listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
