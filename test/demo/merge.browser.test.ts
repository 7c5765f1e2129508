/** Merging a branch into the current one in the demo, in Chromium. */
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository } from '../helpers/git.js';
import { begin, type Begun } from './begin.js';
import type { DemoPage } from './demo-page.js';

/** Clones, and goes to a new branch. */
async function beginTopic(browser: Browser): Promise<Begun> {
  const begun = await begin(browser);
  const { demo } = begun;
  await demo.clone();
  await demo.opened('sample');
  await demo.button('Branch main').click();
  await demo.button('New branch…').click();
  await demo.page.getByLabel('Name', { exact: true }).fill('topic');
  await demo.button('Create and switch').click();
  await demo.button('Branch topic').waitFor();
  return begun;
}

async function goTo(demo: DemoPage, from: string, to: string): Promise<void> {
  await demo.button(`Branch ${from}`).click();
  await demo.button(to).click();
  await demo.button(`Branch ${to}`).waitFor();
  await demo.notice.getByText(`On branch ${to}`).waitFor();
}

async function mergeTopic(demo: DemoPage): Promise<void> {
  await demo.button('Branch main').click();
  await demo.button('Merge topic into main').click();
}

describe.skipIf(!browserAvailable)('a branch in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('is merged: forward, and with a merge commit, where no change is in the way', async () => {
    const { demo, gitDir, onServer } = await beginTopic(browser);
    const { page, notice } = demo;
    await demo.append('visit.html', '<!-- topic 1 -->\n');
    await demo.commit('Topic 1');
    await goTo(demo, 'topic', 'main');
    await mergeTopic(demo);
    await notice.getByText('main is now what topic has').waitFor();
    await demo.button('Push, 1 ahead').waitFor();
    await mergeTopic(demo);
    await notice.getByText('main has all that topic has').waitFor();
    // Both go on, and a change that is in no commit is in the way.
    await demo.append('index.html', '<!-- main 1 -->\n');
    await demo.commit('Main 1');
    await goTo(demo, 'main', 'topic');
    await demo.append('visit.html', '<!-- topic 2 -->\n');
    await demo.commit('Topic 2');
    await goTo(demo, 'topic', 'main');
    await demo.append('visit.html', '<!-- in the way -->\n');
    await mergeTopic(demo);
    await notice.getByText('Changed files are in the way').waitFor();
    await demo.editor('visit.html').getByText('in the way').waitFor();
    await demo.button('Push, 2 ahead').waitFor();
    await demo.button('Discard changes in visit.html').first().click();
    await demo.button('Discard').click();
    await page.getByText('Nothing has changed').waitFor();
    await mergeTopic(demo);
    await notice.getByText('Joined topic’s commits with yours').waitFor();
    await demo.editor('visit.html').getByText('topic 2').waitFor();
    await demo.button(/^Push, \d ahead/).click();
    await notice.getByText(/^Pushed main/).waitFor();
    const lines = await onServer('log', '-3', '--first-parent', '--format=%s', 'main');
    expect(lines.split('\n')).toEqual(["Merge branch 'topic'", 'Main 1', 'Topic 1']);
    expect(await onServer('log', '-1', '--format=%s', 'main^2')).toBe('Topic 2');
    expect(await onServer('cat-file', '-p', 'main:index.html')).toContain('main 1');
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it('is merged with a side of what clashes', async () => {
    const { demo, gitDir, onServer } = await beginTopic(browser);
    const { notice } = demo;
    await demo.append('robots.txt', 'theirs\n');
    await demo.commit('Topic 1');
    await goTo(demo, 'topic', 'main');
    await demo.append('robots.txt', 'mine\n');
    await demo.commit('Main 1');
    await mergeTopic(demo);
    await notice.getByText('Both sides changed the same lines').waitFor();
    expect(await demo.button('Set my commits aside…').count()).toBe(0);
    await demo.editor('robots.txt').getByText('theirs', { exact: true }).waitFor();
    await demo.button('Use theirs topic').click();
    await demo.button('Mark as resolved').click();
    await demo.button('Finish merge…').click();
    await demo.button('Finish merge').click();
    await notice.getByText('Merged topic').waitFor();
    await demo.button(/^Push, \d ahead/).click();
    await notice.getByText(/^Pushed main/).waitFor();
    const lines = await onServer('log', '-2', '--first-parent', '--format=%s', 'main');
    expect(lines.split('\n')).toEqual(["Merge branch 'topic'", 'Main 1']);
    const second = await onServer('log', '-1', '--format=%s %an', 'main^2');
    expect(second).toBe('Topic 1 Grace Hopper');
    expect(await onServer('cat-file', '-p', 'main:robots.txt')).toMatch(/theirs$/);
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it('of the server is merged without a local one', async () => {
    const { demo, onServer } = await begin(browser);
    const ours = await onServer('rev-parse', 'main');
    const theirs = await onServer('rev-parse', 'redesign');
    await demo.clone();
    await demo.opened('sample');
    await demo.button('Branch main').click();
    await demo.button('Merge origin/redesign into main').click();
    await demo.notice.getByText('Joined origin/redesign’s commits with yours').waitFor();
    await demo.button(/^Push, \d+ ahead/).click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('log', '-1', '--format=%P %s', 'main')).toBe(
      `${ours} ${theirs} Merge remote-tracking branch 'origin/redesign'`,
    );
    await demo.close();
  });
});
