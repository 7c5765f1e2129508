import { describe, expect, it } from 'vitest';
import { GitWsError } from '../../src/base/errors.js';
import { formatMessage, parseMessage, type TextMessage } from '../../src/tunnel/machine/message.js';

const spelt: [TextMessage, string][] = [
  [{ type: 'end' }, '{"type":"end"}'],
  [{ type: 'stderr', text: 'héllo\n' }, '{"type":"stderr","text":"héllo\\n"}'],
  [{ type: 'exit', code: 128, signal: null }, '{"type":"exit","code":128}'],
  [{ type: 'exit', code: null, signal: 'SIGKILL' }, '{"type":"exit","signal":"SIGKILL"}'],
  [{ type: 'ack', consumed: 7 }, '{"type":"ack","consumed":7}'],
  [{ type: 'ping', id: 1 }, '{"type":"ping","id":1}'],
  [{ type: 'pong', id: 1 }, '{"type":"pong","id":1}'],
  [
    { type: 'open', session: 'a', token: 'b', window: 65536, received: 0, resumeFor: 60 },
    '{"type":"open","session":"a","token":"b","window":65536,"received":0,"resumeFor":60}',
  ],
];

describe('a text message', () => {
  it.each(spelt)('%j is spelt %s and read back', (message, text) => {
    expect(formatMessage(message)).toBe(text);
    expect(parseMessage(text)).toEqual(message);
  });

  it('keeps its meaning when a later version adds a field', () => {
    expect(parseMessage('{"type":"ack","consumed":3,"why":"because"}')).toEqual({
      type: 'ack',
      consumed: 3,
    });
  });

  it('of a type that this version does not know is ignored', () => {
    expect(parseMessage('{"type":"weather","sun":true}')).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['no type', '{}'],
    ['a type that is no string', '{"type":1}'],
    ['stderr without text', '{"type":"stderr"}'],
    ['a negative count', '{"type":"ack","consumed":-1}'],
    ['a fractional count', '{"type":"ack","consumed":1.5}'],
    ['a count beyond exact integers', '{"type":"ack","consumed":9007199254740992}'],
    ['a count in quotes', '{"type":"ack","consumed":"1"}'],
    ['exit without code', '{"type":"exit"}'],
    ['exit with an impossible code', '{"type":"exit","code":256}'],
    ['exit with code and signal', '{"type":"exit","code":0,"signal":"SIGTERM"}'],
    ['exit with a signal that is none', '{"type":"exit","signal":"KILL"}'],
    ['open without a token', '{"type":"open","session":"a","window":65536,"received":0}'],
    ['more than 8 KiB', `{"type":"stderr","text":"${'x'.repeat(8192)}"}`],
  ])('that is %s is refused', (_, text) => {
    expect(() => parseMessage(text)).toThrow(GitWsError);
    expect(() => parseMessage(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL_ERROR' }));
  });
});
