import { describe, expect, it } from 'vitest';
import type { Authenticate } from '../../../server/admission/access.js';
import { authenticateInOrder } from '../../../server/authentication/in-order.js';
import { basic } from './attempts.js';

const asked: string[] = [];
const way =
  (name: string, answer: 'knows' | 'unknown' | 'fails'): Authenticate =>
  () => {
    asked.push(name);
    if (answer === 'fails') throw new Error(`${name} fails`);
    return answer === 'knows' ? { name } : null;
  };
const ask = (...ways: Authenticate[]) => {
  asked.splice(0);
  return authenticateInOrder(ways)(basic('a', 'b'));
};

describe('several ways to sign in', () => {
  it('are asked in order until one knows the user', async () => {
    expect(await ask(way('1', 'unknown'), way('2', 'knows'), way('3', 'knows'))).toEqual({
      name: '2',
    });
    expect(asked).toEqual(['1', '2']);
  });

  it('know nobody where none of them does, or there is none', async () => {
    expect(await ask(way('1', 'unknown'), way('2', 'unknown'))).toBeNull();
    expect(await ask()).toBeNull();
  });

  it('go on behind one that fails', async () => {
    expect(await ask(way('1', 'fails'), way('2', 'knows'))).toEqual({ name: '2' });
  });

  it('fail where one failed and no other knows the user: git forgets credentials at a 401', async () => {
    await expect(ask(way('1', 'fails'), way('2', 'unknown'))).rejects.toThrow('1 fails');
    await expect(ask(way('1', 'unknown'), way('2', 'fails'))).rejects.toThrow('2 fails');
  });
});
