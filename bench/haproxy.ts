/** A real HAProxy in front of processes of the server, as docs/deployment.md has it. */
import { writeFile } from 'node:fs/promises';
import { freePort, startServer, type RunningServer } from './servers.js';

/** @param file where to write its configuration. */
export async function startHAProxy(
  program: string,
  file: string,
  servers: readonly RunningServer[],
): Promise<RunningServer> {
  const port = await freePort();
  const backend = servers.map(({ url }, index) => {
    const name = `gitws${index + 1}`;
    return `  use-server ${name} if { req.fhdr(Sec-WebSocket-Protocol) -m sub gitws.resume.${index + 1}- }
  server ${name} ${new URL(url).host}`;
  });
  await writeFile(
    file,
    `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend bench
  bind 127.0.0.1:${port}
  default_backend gitws
backend gitws
  balance leastconn
${backend.join('\n')}
`,
  );
  const url = `http://127.0.0.1:${port}`;
  // What it says on its way, it says before it listens.
  const proxy = await startServer(program, ['-V', '-db', '-f', file], /Using \w+\(\)/, () => url);
  while (!(await answers(url))) await new Promise((resolve) => setTimeout(resolve, 50));
  return proxy;
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
