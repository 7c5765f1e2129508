/** Options of the library that are quantities: each is taken, or refused before anything is opened. */
import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bindRepository, createHttpClient, openChannel } from '../../src/index.js';
import { readCorpus } from './corpus.js';

interface Given {
  readonly option: string;
  /** As JSON can have it: what is no number there is written as text. */
  readonly value: number | string;
}

/** Not a socket: what the options are good for is not asked of it. */
class NoSocket {
  constructor() {
    throw new Error('it was opened');
  }
}

describe.each(readCorpus<Given, string>('library-quantities'))(
  '$name: $input.option $input.value',
  ({ input, expected }) => {
    const [name = '', part] = input.option.split('.');
    const isNoNumber = input.value === 'NaN' || input.value === 'Infinity';
    const value = isNoNumber ? Number(input.value) : input.value;
    const options = { [name]: part === undefined ? value : { [part]: value } };
    const refused = expect.objectContaining({ code: expected }) as Error;

    const whereChannel = part === undefined ? it : undefined;
    whereChannel?.('as an option of a channel', async () => {
      const service = 'git-upload-pack';
      const given = { service, WebSocket: NoSocket as never, ...options } as const;
      const opening = openChannel('ws://git.example/a.git', given);
      await expect(opening).rejects.toEqual(
        expected === 'taken' ? expect.objectContaining({ code: 'CONNECTION_FAILED' }) : refused,
      );
    });

    it('as an option of the plugins, told when they are made', () => {
      const makeBound = () =>
        bindRepository({ fs, dir: '/a', url: 'http://git.example/a.git', ...options });
      const makers =
        part === undefined ? [makeBound, () => createHttpClient(options)] : [makeBound];
      for (const make of makers) {
        if (expected === 'taken') expect(make).not.toThrow();
        else expect(make).toThrow(refused);
      }
    });
  },
);
