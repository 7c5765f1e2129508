/**
 * Servers that misbehave: each plays a git that fails, lies or dies at one point, with a real
 * advertisement and a real pack around it. The cases in cases/failures.ts say what must follow.
 */
import { setTimeout } from 'node:timers/promises';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import { advertisement, band } from '../isomorphic/smart-bytes.js';
import type { FakeSession } from '../helpers/fake-server.js';

/** What the scripts have to say when they tell the truth. */
export interface Truth {
  /** Names and oids of the refs. */
  readonly refs: Readonly<Record<string, string>>;
  /** A pack with everything that the refs reach. */
  readonly pack: Uint8Array;
}

type Script = (session: FakeSession, truth: Truth) => void | Promise<void>;

const capabilities =
  'multi_ack_detailed side-band-64k ofs-delta shallow deepen-since deepen-not report-status ' +
  'delete-refs symref=HEAD:refs/heads/main';

/** Advertises and waits for the whole request; gives it. */
async function hear(session: FakeSession, { refs }: Truth): Promise<string> {
  session.write(advertisement(refs, capabilities));
  return Buffer.from(await session.body).toString('latin1');
}

/** Cuts a pack into pkt-lines of band 1. */
function packBand(pack: Uint8Array): Uint8Array {
  return band(1, pack);
}

function half(pack: Uint8Array): Uint8Array {
  return pack.subarray(0, pack.length >> 1);
}

const nak = encodePktLine('NAK\n');

/** receive-pack's report on one ref. */
function report(ref: string): Uint8Array {
  return Buffer.concat([encodePktLine('unpack ok\n'), encodePktLine(`ok ${ref}\n`), flushPkt]);
}

export const fakeScripts = {
  /** Nothing wrong: shows that the others fail for what they say, and for nothing else. */
  'the truth': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(truth.pack), flushPkt);
    session.exit(0);
  },
  'the truth without a side-band': async (session, truth) => {
    session.write(advertisement(truth.refs, 'ofs-delta shallow symref=HEAD:refs/heads/main'));
    await session.body;
    session.write(nak, truth.pack);
    session.exit(0);
  },
  'band 3 in the middle of the pack': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(half(truth.pack)), band(3, 'pack-objects died of hunger\n'));
    session.exit(0);
  },
  'band 3 behind a whole pack': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(truth.pack), band(3, 'something else broke\n'), flushPkt);
    session.exit(0);
  },
  'an ERR line in place of refs': (session) => {
    session.write(encodePktLine('ERR the repository is on holiday\n'));
    session.exit(0);
  },
  'an ERR line in place of the pack': async (session, truth) => {
    await hear(session, truth);
    session.write(encodePktLine('ERR upload-pack: not our ref\n'));
    session.exit(0);
  },
  'a truncated pack, neatly ended': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(half(truth.pack)), flushPkt);
    session.exit(0);
  },
  'a truncated pack, ended by the stream': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(half(truth.pack)));
    session.exit(0);
  },
  'a pack without its last byte': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(truth.pack.subarray(0, -1)), flushPkt);
    session.exit(0);
  },
  'a pack with one bit changed': async (session, truth) => {
    await hear(session, truth);
    const pack = Uint8Array.from(truth.pack);
    const middle = pack.length >> 1;
    pack[middle] = (pack[middle] ?? 0) ^ 0x10;
    session.write(nak, packBand(pack), flushPkt);
    session.exit(0);
  },
  'a pack with one more byte': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(truth.pack), packBand(Uint8Array.of(0)), flushPkt);
    session.exit(0);
  },
  'no pack at all': async (session, truth) => {
    await hear(session, truth);
    session.write(nak);
    session.exit(0);
  },
  'an empty answer': async (session, truth) => {
    await hear(session, truth);
    session.exit(0);
  },
  'a whole pack and exit code 1': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(truth.pack), flushPkt);
    session.writeStderr('fatal: the disk is full\n');
    session.exit(1);
  },
  'a whole pack and then no exit': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(truth.pack), flushPkt);
    session.drop();
  },
  'half a pack and SIGKILL': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(half(truth.pack)));
    session.exit('SIGKILL');
  },
  'half a pack and a lost connection': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(half(truth.pack)));
    session.drop();
  },
  'half a pack and a server that shuts down': async (session, truth) => {
    await hear(session, truth);
    session.write(nak, packBand(half(truth.pack)));
    session.refuse(4503, 'The server is shutting down.');
  },
  'an answer that stops behind its first lines': async (session, truth) => {
    const request = await hear(session, truth);
    for (const [, oid] of request.matchAll(/shallow ([0-9a-f]{40})/g)) {
      session.write(encodePktLine(`unshallow ${oid}\n`));
    }
    session.write(flushPkt, nak, packBand(half(truth.pack)));
    // Long enough for a client to act on what it has.
    await setTimeout(200);
    session.drop();
  },
  'lines that have no place here': async (session, truth) => {
    await hear(session, truth);
    session.write(encodePktLine('<!doctype html>\n'), flushPkt);
    session.exit(0);
  },
  'a ref outside of refs/': (session, truth) => {
    const refs = { ...truth.refs, 'refs/heads/../../config': Object.values(truth.refs)[0] ?? '' };
    session.write(advertisement(refs, capabilities));
  },
  'a symref outside of refs/': (session, truth) => {
    session.write(advertisement(truth.refs, `${capabilities} symref=HEAD:../../evil`));
  },
  'a SHA-256 repository': (session) => {
    const refs = { 'refs/heads/main': 'a'.repeat(64) };
    session.write(advertisement(refs, `${capabilities} object-format=sha256`));
  },
  'a v2 list with a ref outside of refs/': async (session, truth) => {
    session.write(encodePktLine('version 2\n'), encodePktLine('ls-refs\n'), flushPkt);
    await session.body;
    const oid = Object.values(truth.refs)[0] ?? '';
    session.write(encodePktLine(`${oid} refs/heads/../../config\n`), flushPkt);
    session.exit(0);
  },
  'a v2 list with a second one behind it': async (session, truth) => {
    session.write(encodePktLine('version 2\n'), encodePktLine('ls-refs\n'), flushPkt);
    await session.body;
    const oid = Object.values(truth.refs)[0] ?? '';
    session.write(encodePktLine(`${oid} HEAD\n`), flushPkt);
    session.write(encodePktLine(`${oid} refs/heads/../../config\n`), flushPkt);
    session.exit(0);
  },
  'a v2 list that is cut': async (session, truth) => {
    session.write(encodePktLine('version 2\n'), encodePktLine('ls-refs\n'), flushPkt);
    await session.body;
    session.write(encodePktLine(`${Object.values(truth.refs)[0] ?? ''} HEAD\n`));
    session.exit(0);
  },
  'a push without a report': async (session, truth) => {
    await hear(session, truth);
    session.exit(0);
  },
  'a push with half a report': async (session, truth) => {
    await hear(session, truth);
    session.write(band(1, encodePktLine('unpack ok\n')));
    session.exit(0);
  },
  'a push with a report on another ref': async (session, truth) => {
    await hear(session, truth);
    session.write(band(1, report('refs/heads/other')), flushPkt);
    session.exit(0);
  },
  'a push with a whole report, and then no exit': async (session, truth) => {
    const [, ref = ''] = /[0-9a-f]{40} (refs\/[^\0\n]+)/.exec(await hear(session, truth)) ?? [];
    session.write(band(1, report(ref)));
    session.drop();
  },
  'a push that ends with exit code 128': async (session, truth) => {
    await hear(session, truth);
    session.writeStderr('fatal: no space left on device\n');
    session.exit(128);
  },
  'a push that is lost': async (session, truth) => {
    await hear(session, truth);
    session.drop();
  },
  'a push with a report but no side-band': async (session, truth) => {
    session.write(advertisement(truth.refs, 'report-status delete-refs ofs-delta'));
    const request = Buffer.from(await session.body).toString('latin1');
    const [, ref = ''] = /[0-9a-f]{40} (refs\/[^\0\n]+)/.exec(request) ?? [];
    session.write(report(ref));
    session.exit(0);
  },
} satisfies Record<string, Script>;

/** The name of a script. */
export type FakeScript = keyof typeof fakeScripts;
