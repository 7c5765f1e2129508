/** Whether TLS is spoken where somebody asked without it: the commonest slip in an address. */
import { connect } from 'node:tls';
import { hostOf } from './host.js';

/** Time for the server to answer, in ms: somebody waits for a sentence. */
const probeTime = 2_000;

/**
 * Begins TLS with a server and ends it again. Nothing is sent inside of it, so that certificates
 * are not looked at.
 *
 * @param url of any scheme; its port, else 80.
 */
export function speaksTls(url: URL, family: 4 | 6 | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({
      host: hostOf(url),
      port: Number(url.port || 80),
      rejectUnauthorized: false,
      timeout: probeTime,
      ...(family === undefined ? {} : { family }),
    });
    const answer = (does: boolean): void => {
      resolve(does);
      socket.destroy();
    };
    socket.once('secureConnect', () => {
      answer(true);
    });
    // An alert is TLS, too: it may want a certificate of ours, for one.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      answer(/^ERR_SSL_.*ALERT/.test(error.code ?? ''));
    });
    socket.once('timeout', () => {
      answer(false);
    });
    socket.once('close', () => {
      answer(false);
    });
  });
}
