import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Farewell } from '../../native/farewell.js';
import { pktLine } from '../helpers/git-stream.js';

const flush = Buffer.from('0000');
const delim = Buffer.from('0001');
const want = pktLine(`want ${'1'.repeat(40)}\n`);
const have = pktLine(`have ${'2'.repeat(40)}\n`);
const done = pktLine('done\n');
const lsRefs = [pktLine('command=ls-refs\n'), delim, pktLine('peel\n'), flush];
const fetch = [pktLine('command=fetch\n'), delim, want, have, done, flush];

const cases: [string, Buffer[], boolean][] = [
  ['nothing yet', [], false],
  ['version 2: refs were asked for', lsRefs, false],
  ['version 2: ls-remote is done', [...lsRefs, flush], true],
  ['version 2: a fetch is under way', [...lsRefs, ...fetch], false],
  ['version 2: a fetch is done', [...lsRefs, ...fetch, flush], true],
  ['version 2: after a goodbye comes something after all', [flush, ...lsRefs], false],
  ['version 0: nothing is wanted', [flush], true],
  ['version 0: wants, and a pack to come', [want, flush, done], false],
  ['version 0: wants and haves, and an answer to come', [want, flush, have, flush], false],
  ['version 0: the whole request', [want, flush, have, flush, done], false],
  ['a request cut off within a line', [want.subarray(0, 10)], false],
  ['no pkt-lines at all', [Buffer.from('PACK0000')], false],
  ['a length that is none', [Buffer.from('0003'), flush, flush], false],
];

describe('whether git wants nothing more', () => {
  it.each(cases)('%s', (_what, lines, said) => {
    const farewell = new Farewell();
    for (const line of lines) farewell.push(line);
    expect(farewell.said).toBe(said);
  });

  it('is the same wherever the bytes are split', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.array(fc.nat(400), { maxLength: 6 }),
        ([, lines, said], cuts) => {
          const all = Buffer.concat(lines);
          const farewell = new Farewell();
          let from = 0;
          for (const cut of [...cuts, all.length].sort((a, b) => a - b)) {
            farewell.push(all.subarray(from, cut));
            from = cut;
          }
          expect(farewell.said).toBe(said);
        },
      ),
    );
  });
});
