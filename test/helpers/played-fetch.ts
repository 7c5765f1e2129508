/**
 * What real git says in a fetch, recorded once and played to many clients: thousands of git
 * processes would take longer than what is to be tested.
 */
import type { FakeSession } from './fake-server.js';
import { git, gitBytes } from './git.js';
import { pktLine } from './git-stream.js';

/** One fetch as upload-pack answers it. */
export interface PlayedFetch {
  /** With its flush-pkt. */
  readonly advertisement: Uint8Array;
  /** What follows the request: NAK, then progress and the pack in the side-band. */
  readonly answer: Uint8Array;
  /** The pack alone. */
  readonly pack: Uint8Array;
}

/** @param gitDir a bare repository; all of its branches and tags are asked for. */
export async function recordFetch(gitDir: string): Promise<PlayedFetch> {
  // With --advertise-refs it is another one: that of smart HTTP.
  const advertisement = await gitBytes(['upload-pack', gitDir], { input: '0000' });
  const refs = await git(['for-each-ref', '--format=%(objectname)'], { cwd: gitDir });
  const wants = [...new Set(refs.split('\n'))];
  const request = (capabilities: string): Buffer =>
    Buffer.concat([
      ...wants.map((oid, at) => pktLine(`want ${oid}${at === 0 ? ` ${capabilities}` : ''}\n`)),
      Buffer.from('0000'),
      pktLine('done\n'),
    ]);
  const said = async (capabilities: string): Promise<Uint8Array> => {
    const all = await gitBytes(['upload-pack', gitDir], { input: request(capabilities) });
    return all.subarray(advertisement.length);
  };
  const answer = await said('side-band-64k ofs-delta');
  const bare = await said('ofs-delta');
  return { advertisement, answer, pack: bare.subarray('0008NAK\n'.length) };
}

/** Plays upload-pack: for `startFakeServer`. */
export async function playFetch(
  session: FakeSession,
  { advertisement, answer }: Pick<PlayedFetch, 'advertisement' | 'answer'>,
): Promise<void> {
  session.write(advertisement);
  await session.body;
  session.write(answer);
  session.exit(0);
}
