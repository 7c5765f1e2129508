/** Addresses that people type and paste into the demo, which took them for other ones. */
import { expect, it } from 'vitest';
import { parseAddress } from '../../demo/repository/address.js';
import { readCorpus } from './corpus.js';

it.each(readCorpus<string, string>('typed-addresses'))('$name', ({ input, expected }) => {
  let refusal: unknown;
  try {
    parseAddress(input, 'http://127.0.0.1:8080/');
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: 'INVALID_URL' });
  expect(String(refusal)).toContain(expected);
});

it.each([
  ['sample.git', 'http://127.0.0.1:8080/sample.git'],
  ['team/site.git', 'http://127.0.0.1:8080/team/site.git'],
  ['team.git/x', 'http://127.0.0.1:8080/team.git/x'],
  ['/example.com/site', 'http://127.0.0.1:8080/example.com/site'],
  ['wss://example.com/a b@c:d.git', 'https://example.com/a%20b@c:d.git'],
  ['http://[::1]:8080/x', 'http://[::1]:8080/x'],
  ['https://example.com/..x/x.git', 'https://example.com/..x/x.git'],
])('%s is asked for as it is written', (input, expected) => {
  expect(parseAddress(input, 'http://127.0.0.1:8080/').url).toBe(expected);
});
