/**
 * The text of the hooks, as it is written to disk. What they do: the tests beside this one. Whether
 * it is good sh: test/shellcheck.test.ts.
 */
import { expect, test } from 'vitest';
import { formatHooks, hookVariables, receiveHooks } from '../../../server/hooks/scripts.js';

const all = new Set(receiveHooks);
const judging = formatHooks({ judging: true, own: all });
const calling = formatHooks({ judging: false, own: all });

test('a hook is the same text, whatever other hooks there are', () => {
  const alone = formatHooks({ judging: true, own: new Set() });
  expect([...alone.keys()].sort()).toEqual(['pre-receive', 'update']);
  for (const [name, text] of alone) expect(text).toBe(judging.get(name));
  expect(new Set(calling.values()).size).toBe(1);
});

test('the variables that the hooks read are those that the server sets', () => {
  const ours = Object.values(hookVariables).sort();
  const texts = [...judging.values(), ...calling.values()];
  const named = texts.flatMap((text) => text.match(/\bGITWS_\w+/g) ?? []);
  expect([...new Set(named)].sort()).toEqual(ours);
  for (const text of texts) {
    const [, unset = ''] = /^ *unset (.*)$/m.exec(text) ?? [];
    expect(unset.split(' ')).toEqual(expect.arrayContaining(ours));
  }
});
