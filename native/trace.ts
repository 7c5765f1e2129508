/**
 * `GITWS_TRACE=1`: what happens, with times, on stderr. Never a credential: whoever calls this
 * passes names, numbers and URLs without userinfo only.
 */
const wanted = /^(1|2|true|yes|on)$/i.test(process.env['GITWS_TRACE'] ?? '');

/** Writes a line, where it is wanted. */
export function trace(...words: readonly (string | number)[]): void {
  if (!wanted) return;
  const time = (performance.now() / 1000).toFixed(3);
  process.stderr.write(`gitws ${time} ${words.join(' ')}\n`);
}
