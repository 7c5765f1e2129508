/** Where commits stand in the drawing of a history. */
import { describe, expect, it } from 'vitest';
import { Lanes, type GraphRow, type Placed } from '../../demo/worker/lanes.js';

/** @param text commits in the order of the list, as `child:parent,parent`. */
function parse(text: string): Placed[] {
  return text.split(' ').map((each) => {
    const [oid = '', parents = ''] = each.split(':');
    return { oid, parents: parents === '' ? [] : parents.split(',') };
  });
}

function place(commits: readonly Placed[]): GraphRow[] {
  const lanes = new Lanes();
  return commits.map((commit) => lanes.place(commit));
}

/** A row as `lane above>below passing`. */
function asText({ lane, above, below, passing }: GraphRow): string {
  return `${lane} ${above.join()}>${below.join()}${passing.length > 0 ? ` |${passing.join()}` : ''}`;
}

describe('a history', () => {
  it.each([
    ['of one commit', 'a', ['0 >']],
    ['without branches is one line', 'c:b b:a a', ['0 >0', '0 0>0', '0 0>']],
    ['with a merge', 'm:b,s s:a b:a a', ['0 >0,1', '1 1>1 |0', '0 0>0 |1', '0 0,1>']],
    ['with a branch that is not merged', 'b:a s:a a', ['0 >0', '1 >1 |0', '0 0,1>']],
    [
      'uses a lane again once it is free',
      'm:b,s s:b b:n,t t:a n:a a',
      ['0 >0,1', '1 1>1 |0', '0 0,1>0,1', '1 1>1 |0', '0 0>0 |1', '0 0,1>'],
    ],
    [
      'with a merge of three',
      'm:a,s,t s:a t:a a',
      ['0 >0,1,2', '1 1>1 |0,2', '2 2>2 |0,1', '0 0,1,2>'],
    ],
    [
      'where two merge each other',
      'x:a,b y:b,a b:r a:r r',
      ['0 >0,1', '2 >2,0 |0,1', '1 1,2>1 |0', '0 0>0 |1', '0 0,1>'],
    ],
    ['of two that have nothing in common', 'b:a z:y a y', ['0 >0', '1 >1 |0', '0 0> |1', '1 1>']],
    ['that ends where a shallow clone does', 'b:a', ['0 >0']],
    ['where a parent stands above its child', 'a b:a', ['0 >', '0 >']],
    ['with a parent named twice', 'm:a,a a', ['0 >0', '0 0>']],
  ] as const)('%s', (_, commits, rows) => {
    expect(place(parse(commits)).map(asText)).toEqual(rows);
  });

  it('of any shape leads each commit to each of its parents', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    for (let round = 0; round < 200; round++) {
      const count = 2 + random(40);
      const commits = Array.from({ length: count }, (_, at): Placed => {
        const parents = Array.from({ length: random(4) }, () => at + 1 + random(count - at));
        return { oid: String(at), parents: [...new Set(parents.map(String))] };
      });
      const rows = place(commits);
      for (const [at, { parents }] of commits.entries()) {
        for (const parent of parents) expect(leads(rows, at, Number(parent))).toBe(true);
      }
      for (const { lane, above, passing } of rows) {
        expect(new Set([...above, ...passing]).size).toBe(above.length + passing.length);
        expect(passing).not.toContain(lane);
      }
    }
  });
});

/** Whether a lane goes down from a commit, passes all between, and ends at the other; or leaves the list. */
function leads(rows: readonly GraphRow[], from: number, to: number): boolean {
  return (rows[from]?.below ?? []).some((lane) => {
    const between = rows.slice(from + 1, to);
    const passes = between.every(({ passing }) => passing.includes(lane));
    return passes && (rows[to] === undefined || rows[to].above.includes(lane));
  });
}
