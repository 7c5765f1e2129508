/** What is kept of a push, and what its user is told: text alone, no connections. */
import { describe, expect, it, vi } from 'vitest';
import { describeOutcome, PushHead, type PushCommand } from '../../native/push-outcome.js';
import { pktLine } from '../helpers/git-stream.js';

const [zero, one, two, three] = ['0', '1', '2', '3'].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
  string,
];

function commandsOf(...pieces: readonly (Uint8Array | string)[]): readonly PushCommand[] {
  const head = new PushHead();
  for (const piece of pieces) head.push(Buffer.from(piece));
  return head.commands;
}

describe('the commands of a push', () => {
  const said = Buffer.concat(
    [
      pktLine(`${one} ${two} refs/heads/main\0 report-status side-band-64k`),
      pktLine(`${one} ${zero} refs/heads/größe`),
      '0000',
      `PACK${pktLine(`${one} ${two} refs/heads/no`).toString()}`,
    ].map((part) => Buffer.from(part)),
  );
  const commands = [
    { old: one, wanted: two, ref: 'refs/heads/main' },
    { old: one, wanted: zero, ref: 'refs/heads/größe' },
  ];

  it('are found wherever what git says is split, and nothing in the pack is taken for one', () => {
    for (let at = 0; at <= said.length; at += 1) {
      expect(commandsOf(said.subarray(0, at), said.subarray(at))).toEqual(commands);
    }
    expect(
      commandsOf(
        ...said
          .toString('latin1')
          .split('')
          .map((c) => Buffer.from(c, 'latin1')),
      ),
    ).toEqual(commands);
  });

  it('are found in a SHA-256 repository, a shallow one, and a signed push', () => {
    const [long, longer] = ['4'.repeat(64), '5'.repeat(64)];
    expect(
      commandsOf(
        pktLine(`shallow ${long}`),
        pktLine('push-cert\0 report-status'),
        pktLine('certificate version 0.1\n'),
        pktLine(`${long} ${longer} refs/tags/v1\n`),
        pktLine('push-cert-end\n'),
        '0000',
      ),
    ).toEqual([{ old: long, wanted: longer, ref: 'refs/tags/v1' }]);
  });

  it('are decoded once, in however many pieces the head of a mirror push comes', () => {
    const refs = Array.from({ length: 500 }, (_, n) => `refs/heads/${'x'.repeat(60)}-${n}`);
    const text = [...refs.map((ref) => pktLine(`${zero} ${one} ${ref}`)), '0000'].map(String);
    const head = Buffer.from(text.join(''));
    // What the head is read with counts what it is given to copy, and to make text of.
    const copied = vi.spyOn(Uint8Array.prototype, 'set');
    const decoded = vi.spyOn(Buffer.prototype, 'toString');
    const read = new PushHead();
    for (let at = 0; at < head.length; at += 50) read.push(head.subarray(at, at + 50));
    const bytesOf = (given: readonly unknown[]): number =>
      given.reduce<number>((sum, one) => sum + (one as Uint8Array).length, 0);
    const passes = {
      copied: bytesOf(copied.mock.calls.map(([bytes]) => bytes)) / head.length,
      decoded: bytesOf(decoded.mock.contexts) / head.length,
    };
    copied.mockRestore();
    decoded.mockRestore();
    expect(read.commands.map(({ ref }) => ref)).toEqual(refs);
    // Each line in pieces is put together and made text, and its four digits are put before it.
    expect(passes.decoded).toBeLessThan(1.1);
    expect(passes.decoded).toBeGreaterThan(0.9);
    expect(passes.copied).toBeLessThan(1.1);
  });

  it('are none in what cannot be read', () => {
    expect(commandsOf('not pkt-lines at all')).toEqual([]);
    expect(commandsOf('0000', pktLine(`${one} ${two} refs/heads/main`))).toEqual([]);
  });
});

describe('the user is told', () => {
  const command = (ref: string, old: string, wanted: string) => ({ ref, old, wanted });

  it('of each ref what it is now, and whether that is what was pushed', () => {
    const refs = new Map([
      ['refs/heads/done', two],
      ['refs/heads/open', one],
      ['refs/heads/other', three],
      ['refs/heads/to-delete', one],
    ]);
    expect(
      describeOutcome(
        [
          command('refs/heads/done', one, two),
          command('refs/heads/open', one, two),
          command('refs/heads/other', one, two),
          command('refs/heads/new', zero, two),
          command('refs/heads/to-delete', one, zero),
          command('refs/heads/deleted', one, zero),
        ],
        refs,
      ),
    ).toEqual([
      'refs/heads/done is at 222222222222: the push has changed it',
      'refs/heads/open is at 111111111111: the push has not changed it so far',
      'refs/heads/other is at 333333333333: neither what it was nor what was pushed',
      'refs/heads/new is not there: the push has not changed it so far',
      'refs/heads/to-delete is at 111111111111: the push has not changed it so far',
      'refs/heads/deleted is not there: the push has changed it',
    ]);
  });

  it('of the first twenty refs only, and how many more there are', () => {
    const many = Array.from({ length: 23 }, (_, n) => command(`refs/heads/${n}`, zero, one));
    const lines = describeOutcome(many, new Map());
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('and 3 more refs: git ls-remote tells');
  });

  it('that the server says nothing; and nothing of a push that asked for nothing', () => {
    expect(describeOutcome([command('refs/heads/main', one, two)], undefined)).toEqual([
      'the server does not say what its refs are; ask it later',
    ]);
    expect(describeOutcome([], undefined)).toEqual([]);
  });
});
