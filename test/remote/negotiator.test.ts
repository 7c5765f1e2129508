/** What is offered to a server, in which order. */
import { describe, expect, it } from 'vitest';
import { Negotiator, type NegotiatedCommit } from '../../src/remote/fetch/negotiator.js';

/** `a: b c` names its parents; the first is the newest. */
function history(text: string) {
  const commits = new Map<string, NegotiatedCommit>();
  text
    .trim()
    .split('\n')
    .forEach((line, index) => {
      const [oid = '', ...parents] = line.trim().split(/:? /);
      commits.set(oid, { oid, parents, time: 1_000 - index });
    });
  return (oid: string) => Promise.resolve(commits.get(oid));
}

async function rest(negotiator: Negotiator): Promise<string> {
  const offered: string[] = [];
  for (;;) {
    const oid = await negotiator.next();
    if (oid === undefined) return offered.join(' ');
    offered.push(oid);
  }
}

const line = 'f: e\ne: d\nd: c\nc: b\nb: a\na';

describe('what is offered', () => {
  it('is all of history, the newest first, each once', async () => {
    const negotiator = new Negotiator(history('m: x2 y2\ny2: y1\nx2: x1\nx1: a\ny1: a\na'));
    await negotiator.addTip('m');
    await negotiator.addTip('x2');
    expect(await rest(negotiator)).toBe('m y2 x2 x1 y1 a');
  });

  it('ends where a server has said that it has something', async () => {
    const negotiator = new Negotiator(history(line));
    await negotiator.addTip('f');
    expect([await negotiator.next(), await negotiator.next()]).toEqual(['f', 'e']);
    expect(await negotiator.acknowledge('e')).toBe(true);
    expect(await negotiator.acknowledge('e')).toBe(false);
    expect(await rest(negotiator)).toBe('');
  });

  it('is what the server has advertised, too, and nothing that this reaches', async () => {
    const negotiator = new Negotiator(history(line));
    await negotiator.addCommon('d');
    await negotiator.addTip('f');
    expect(await rest(negotiator)).toBe('f e d');
  });

  it('goes on along other lines than the one that is known', async () => {
    const read = history('q2: q1\nf: e\ne: d\nq1: a\nd: a\na');
    const negotiator = new Negotiator(read);
    await negotiator.addTip('q2');
    await negotiator.addTip('f');
    expect([await negotiator.next(), await negotiator.next()]).toEqual(['q2', 'f']);
    await negotiator.acknowledge('f');
    expect(await rest(negotiator)).toBe('q1');
  });

  it('leaves out what cannot be read', async () => {
    const negotiator = new Negotiator(history('f: e\ne: gone'));
    await negotiator.addTip('f');
    await negotiator.addTip('nowhere');
    expect(await rest(negotiator)).toBe('f e');
  });
});
