/**
 * What a person does in the demo, from a clone to a push, in every engine, with the engine's own mouse
 * and keyboard; and what the server's own git says of it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  browserAvailable,
  engineTitle,
  launchBrowser,
  openPage,
  type TestBrowser,
} from '../helpers/engines.js';
import { Person } from '../helpers/engines/person.js';
import { expectSoundRepository } from '../helpers/git.js';
import { beginServer } from './begin.js';

describe.skipIf(!browserAvailable)(`the demo in ${engineTitle}`, () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  it('clones, edits, commits and pushes, and has it all again after a reload', async () => {
    const { url, gitDir, onServer } = await beginServer();
    const before = await onServer('rev-parse', 'main');
    const { page, wrong } = await openPage(browser, url);
    const person = await Person.at(page);
    await person.read('textbox', 'Repository address', /sample\.git$/);
    await person.click('button', 'Clone');
    await person.read('status', '', /^Cloned sample/);
    await person.click('treeitem', 'scripts');
    await person.click('treeitem', /^build\.sh/);
    await person.click('textbox', 'Contents of scripts/build.sh');
    await person.press('Control+End');
    await person.type('# edited by hand\n');
    await person.find('treeitem', /^build\.sh executable unsaved/);
    await person.press('Control+s');
    await person.find('treeitem', /^build\.sh executable modified/);
    await person.fill('Your name', 'Grace Hopper');
    await person.fill('Email', 'grace@example.com');
    await person.fill('Commit message', 'Edit by hand');
    await person.click('button', /^Commit 1 file/);
    await person.read('status', '', /^Committed [0-9a-f]{7}/);
    await person.click('button', 'Push main');
    await person.read('status', '', /^Pushed main to /);

    expect(await onServer('diff', '--name-status', before, 'main')).toBe('M\tscripts/build.sh');
    expect(await onServer('log', '-1', '--format=%P %an <%ae> %s', 'main')).toBe(
      `${before} Grace Hopper <grace@example.com> Edit by hand`,
    );
    const text = await onServer('show', 'main:scripts/build.sh');
    expect(text).toBe(`${await onServer('show', `${before}:scripts/build.sh`)}\n# edited by hand`);
    await expectSoundRepository(gitDir);

    await page.reload();
    await person.find('button', 'Repository sample');
    await person.click('treeitem', 'visit.html');
    await person.read('textbox', 'Contents of visit.html', /<!doctype html>/i);
    await person.click('button', 'History');
    await person.find('button', /Edit by hand/);
    await page.close();
    expect(wrong).toEqual([]);
  });

  it('has its dialogs, its menus and its second side', async () => {
    const { url } = await beginServer();
    const { page, wrong } = await openPage(browser, url);
    const person = await Person.at(page);
    await person.read('textbox', 'Repository address', /sample\.git$/);
    await person.click('button', 'Clone');
    await person.click('button', 'New file');
    await person.fill('Path', 'for tomorrow.md');
    await person.press('Enter');
    await person.click('textbox', 'Contents of for tomorrow.md');
    await person.type('# Tomorrow');
    await person.press('Control+\\');
    await person.find('region', 'Side 2');
    await person.click('treeitem', 'images');
    await person.click('treeitem', /^lighthouse\.png/);
    await person.find('figure', '');
    await person.press('F1');
    await person.find('combobox', 'Name of a command');
    await person.type('all branches');
    await person.press('Escape');
    await person.click('button', 'Branch main');
    await person.click('button', /^redesign/);
    await person.find('dialog', 'One file has unsaved edits');
    await person.press('Escape');
    await person.click('button', 'Repository sample');
    await person.click('button', 'Remove from this browser…');
    await person.find('dialog', 'Remove sample from this browser?');
    await person.click('button', 'Remove');
    await person.read('textbox', 'Repository address', /sample\.git$/);
    await page.close();
    expect(wrong).toEqual([]);
  });
});
