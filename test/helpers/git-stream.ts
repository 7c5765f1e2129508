/**
 * git's protocol v0 written by hand, for tests that speak to upload-pack and receive-pack without
 * any client of this project's.
 */
import { gitBytes } from './git.js';

/** The oid that stands for "no such ref". */
export const nullOid = '0'.repeat(40);

/** One pkt-line. */
export function pktLine(content: string | Uint8Array): Buffer {
  const payload = Buffer.from(content as string);
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, '0')), payload]);
}

/** What a clone of `wants` sends to upload-pack: no side-band, so the pack follows a NAK bare. */
export function cloneRequest(wants: readonly string[]): Buffer {
  return Buffer.concat([
    ...wants.map((oid, index) => pktLine(`want ${oid}${index === 0 ? ' ofs-delta' : ''}\n`)),
    Buffer.from('0000'),
    pktLine('done\n'),
  ]);
}

/** The pack in an answer to {@link cloneRequest}, advertisement included. */
export function packOf(answer: Buffer): Buffer {
  const start = answer.indexOf('0008NAK\nPACK');
  if (start === -1) throw new Error('no pack in the answer');
  return answer.subarray(start + '0008NAK\n'.length);
}

/** One ref to change. */
export interface RefUpdate {
  readonly ref: string;
  readonly oldOid: string;
  readonly newOid: string;
}

/**
 * What a push sends to receive-pack.
 *
 * @param from repository that has the objects.
 * @param updates what to change there.
 * @param have oids that the receiver has: what they reach is left out.
 */
export async function pushRequest(
  from: string,
  updates: readonly RefUpdate[],
  have: readonly string[] = [],
): Promise<Buffer> {
  const commands = updates.map(({ ref, oldOid, newOid }, index) =>
    pktLine(`${oldOid} ${newOid} ${ref}${index === 0 ? '\0 report-status' : ''}`),
  );
  const parts = [...commands, Buffer.from('0000')];
  const tips = updates.map(({ newOid }) => newOid).filter((oid) => oid !== nullOid);
  if (tips.length > 0) {
    const revisions = [...tips, ...have.map((oid) => `^${oid}`)].join('\n');
    parts.push(
      Buffer.from(
        await gitBytes(['pack-objects', '--revs', '--stdout', '-q', '--delta-base-offset'], {
          cwd: from,
          input: `${revisions}\n`,
        }),
      ),
    );
  }
  return Buffer.concat(parts);
}
