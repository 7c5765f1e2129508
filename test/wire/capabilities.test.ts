import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCapabilities, parseCapabilities } from '../../src/wire/capabilities.js';

describe('capabilities', () => {
  it('keep every value of a name that comes several times, in order', () => {
    const capabilities = parseCapabilities(
      'multi_ack symref=HEAD:refs/heads/main symref=refs/remotes/o/HEAD:refs/remotes/o/main agent=git/2.39.5',
    );
    expect([...capabilities]).toEqual([
      ['multi_ack', []],
      ['symref', ['HEAD:refs/heads/main', 'refs/remotes/o/HEAD:refs/remotes/o/main']],
      ['agent', ['git/2.39.5']],
    ]);
  });

  it('may have a space in front, as clients write them, and none between', () => {
    expect([...parseCapabilities(' report-status  side-band-64k ').keys()]).toEqual([
      'report-status',
      'side-band-64k',
    ]);
    expect(parseCapabilities('').size).toBe(0);
  });

  it('keep an equals sign within a value, and an empty value', () => {
    expect([...parseCapabilities('session-id=a=b push-cert=')]).toEqual([
      ['session-id', ['a=b']],
      ['push-cert', ['']],
    ]);
  });

  it('are not confused by names that objects have anyway', () => {
    expect(parseCapabilities('agent=x').has('constructor')).toBe(false);
    expect(parseCapabilities('__proto__=x').get('__proto__')).toEqual(['x']);
  });

  it('come back from their text', () => {
    const word = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
    const values = fc.array(fc.stringMatching(/^[!-~]{0,8}$/), { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(word, values), { selector: ([name]) => name }),
        (list) => {
          const capabilities = new Map(list);
          expect(parseCapabilities(formatCapabilities(capabilities))).toEqual(capabilities);
        },
      ),
    );
  });
});
