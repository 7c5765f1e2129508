/** The demo where a push or a pull meets somebody else’s will: what it says, and that nothing is lost. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository } from '../helpers/git.js';
import { begin, commitOnServer, type Begun } from './begin.js';

describe.skipIf(!browserAvailable)('pushes and pulls of the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  /** A clone with a commit that clashes with one on the server, and a pull that has said so. */
  async function clash(): Promise<Begun & { theirs: string }> {
    const begun = await begin(browser);
    const { demo, gitDir } = begun;
    await demo.clone();
    await demo.opened('sample');
    const theirs = await commitOnServer(gitDir, 'robots.txt', 'theirs\n');
    await demo.append('robots.txt', 'mine\n');
    await demo.commit('Mine');
    await demo.button('Pull').click();
    await demo.notice.getByText('Both sides changed the same lines').waitFor();
    await demo.notice.getByText('robots.txt').waitFor();
    return { ...begun, theirs };
  }

  it('says why a push is rejected, and joins both sides by a pull', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    const theirs = await commitOnServer(gitDir, 'news.md', 'News\n');
    await demo.append('visit.html', '<!-- mine -->\n');
    await demo.commit('My commit');
    await demo.button('Push main').click();
    await demo.notice.getByText('The push was rejected').waitFor();
    await demo.notice.getByText('the server has commits', { exact: false }).first().waitFor();
    expect(await onServer('rev-parse', 'main')).toBe(theirs);
    await demo.notice.getByRole('button', { name: 'Pull' }).click();
    await demo.notice.getByText('Joined the server’s commits with yours').waitFor();
    await demo.row('news.md').waitFor();
    await demo.button(/^Push, 2 ahead/).click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('log', '-1', '--format=%P', 'main')).toContain(theirs);
    expect(await onServer('cat-file', '-p', 'main:news.md')).toBe('News');
    expect(await onServer('cat-file', '-p', 'main:visit.html')).toContain('<!-- mine -->');
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it('pushes over what the server has once it was said, and over nothing else', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    const first = await commitOnServer(gitDir, 'news.md', 'News\n');
    await demo.append('visit.html', '<!-- mine -->\n');
    await demo.commit('My commit');
    await demo.button('Push main').click();
    await demo.notice.getByText('The push was rejected').waitFor();
    await demo.notice.getByRole('button', { name: 'Force with lease…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Overwrite main on the server?' });
    await dialog.getByText(`${first.slice(0, 7)} Somebody else’s commit`).waitFor();
    await dialog.getByText('The server has 1 commit that your branch has not.').waitFor();
    // What cannot be undone is not what Enter does.
    const cancel = dialog.getByRole('button', { name: 'Cancel' });
    await expect
      .poll(() => cancel.evaluate((button) => button === document.activeElement))
      .toBe(true);
    // They go on while a person reads.
    const second = await commitOnServer(gitDir, 'more.md', 'More\n');
    await dialog.getByRole('button', { name: 'Force with lease' }).click();
    await demo.notice.getByText('Nothing was overwritten').waitFor();
    expect(await onServer('rev-parse', 'main')).toBe(second);
    await demo.notice.getByRole('button', { name: 'Force with lease…' }).click();
    await dialog.getByText(`${second.slice(0, 7)} Somebody else’s commit`).waitFor();
    await dialog.getByRole('button', { name: 'Force with lease' }).click();
    await demo.notice.getByText('main on the server is now yours').waitFor();
    expect(await onServer('log', '-1', '--format=%s', 'main')).toBe('My commit');
    expect(await onServer('rev-list', '--count', `${first}..main`)).toBe('1');
    await demo.notice.getByRole('button', { name: 'Keep it as a branch…' }).click();
    await demo.button('Keep').click();
    await demo.notice.getByText('Kept as main-before').waitFor();
    await demo.button('Branch main').click();
    await demo.button('main-before').click();
    await demo.row('more.md').waitFor();
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  long('does not pull over changes that are not committed', async () => {
    const { demo, gitDir } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await commitOnServer(gitDir, 'robots.txt', 'theirs\n');
    await demo.append('robots.txt', 'mine\n');
    await demo.button('Pull').click();
    await demo.notice.getByText('Changed files are in the way').waitFor();
    await demo.editor('robots.txt').getByText('mine').waitFor();
    await demo.row('robots.txt modified').waitFor();
    await demo.button('Pull, 1 behind').waitFor();
    await demo.button('Discard changes in robots.txt').first().click();
    await demo.button('Discard').click();
    await demo.page.getByText('Nothing has changed').waitFor();
    await demo.button('Pull, 1 behind').click();
    await demo.notice.getByText('main is now what the server has').waitFor();
    await demo.editor('robots.txt').getByText('theirs', { exact: true }).waitFor();
    await demo.close();
  });

  long('passes on the words of a hook that rejects a push', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    const before = await onServer('rev-parse', 'main');
    const hook = join(gitDir, 'hooks', 'pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "The island is closed on Mondays." >&2\nexit 1\n');
    await chmod(hook, 0o755);
    await demo.clone();
    await demo.opened('sample');
    await demo.append('index.html', '<!-- Monday -->\n');
    await demo.commit('Work on a Monday');
    await demo.button('Push main').click();
    await demo.notice.getByText('The push was rejected').waitFor();
    await demo.notice.getByText('pre-receive hook declined').waitFor();
    await demo.notice.getByText('The island is closed on Mondays.').waitFor();
    expect(await onServer('rev-parse', 'main')).toBe(before);
    await demo.button('Push, 1 ahead').waitFor();
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  long('says that the server has no branch of the name, and can make it again', async () => {
    const { demo, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.button('Branch main').click();
    await demo.button(/^redesign/).click();
    await demo.notice.getByText('On branch redesign').waitFor();
    await onServer('branch', '-D', 'redesign');
    await demo.button('Pull').click();
    await demo.notice.getByText('The server has no branch redesign', { exact: true }).waitFor();
    await demo.button('Push redesign').click();
    await demo.notice.getByText(/^Pushed redesign/).waitFor();
    expect(await onServer('log', '-1', '--format=%s', 'redesign')).not.toBe('');
    await demo.close();
  });

  it('shows what clashes, and joins both with a side of it', async () => {
    const { demo, gitDir, onServer, theirs } = await clash();
    const editor = demo.editor('robots.txt');
    await editor.getByText('mine').waitFor();
    await editor.getByText('theirs', { exact: true }).waitFor();
    await demo.page.getByText('Merging origin/main: 0 of 1 file resolved').waitFor();
    await demo.button('Push, 1 ahead').waitFor();
    await demo.button('Use ours main').click();
    await demo.button('Mark as resolved').click();
    await demo.button('Finish merge…').click();
    await demo.button('Finish merge').click();
    await demo.notice.getByText('Merged origin/main').waitFor();
    await demo.button('Push, 2 ahead').click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('log', '-1', '--format=%P', 'main')).toContain(theirs);
    expect(await onServer('cat-file', '-p', 'main:robots.txt')).toMatch(/User-agent[^]*\nmine$/);
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  long('sets my commits aside as a branch, which can be pushed', async () => {
    const { demo, onServer, theirs } = await clash();
    await demo.button('Set my commits aside…').click();
    await demo.page.getByText('What you committed stays as it is', { exact: false }).waitFor();
    await demo.button('Set aside').click();
    await demo.notice.getByText('main is now what the server has').waitFor();
    await demo.editor('robots.txt').getByText('theirs', { exact: true }).waitFor();
    await demo.button('Branch main').waitFor();
    await demo.notice.getByRole('button', { name: 'Push main-mine' }).click();
    await demo.notice.getByText(/^Pushed main-mine/).waitFor();
    expect(await onServer('rev-parse', 'main')).toBe(theirs);
    expect(await onServer('log', '-1', '--format=%s', 'main-mine')).toBe('Mine');
    await demo.button('Branch main').click();
    await demo.button('main-mine').click();
    await demo.editor('robots.txt').getByText('mine').waitFor();
    await demo.close();
  });
});
