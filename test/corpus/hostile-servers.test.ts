/** What servers said to a clone of gitws/git that believed it, or knew no word for it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import git from '../../src/git/index.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { playFetch } from '../helpers/played-fetch.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { corpusBytes, readCorpus, type CorpusBytes } from './corpus.js';

interface Said {
  readonly advertisement: CorpusBytes;
  readonly answer: CorpusBytes;
}

describe('a server of the corpus', () => {
  it.each(readCorpus<Said, string>('hostile-servers'))('$name', async ({ input, expected }) => {
    const [advertisement, answer] = [corpusBytes(input.advertisement), corpusBytes(input.answer)];
    const { url } = await startFakeServer((session) =>
      playFetch(session, { advertisement, answer }),
    );
    const dir = join(await temporaryDirectory(), 'clone');
    await expect(git.clone({ fs, dir, url: `${url}/site.git` })).rejects.toMatchObject({
      code: expected,
      message: expect.stringMatching(/^The server/) as string,
    });
    expect(fs.existsSync(dir)).toBe(false);
  });
});
