/** What a hostile server may say to a push: never a success that is none, and no ref of it that is broken. */
import { beforeEach, describe, expect, it } from 'vitest';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import { git as realGit } from '../helpers/git.js';
import { advertisement, band, oidOf } from '../isomorphic/smart-bytes.js';
import { Scene } from './hostile.js';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.make();
});

const capabilities = 'report-status-v2 side-band-64k delete-refs ofs-delta atomic agent=git/2.39.5';
const advertises = (oid: string) => advertisement({ 'refs/heads/main': oid }, capabilities);

/** A report, in the side-band, around which nothing is. */
const report = (...lines: readonly string[]): Buffer =>
  Buffer.concat([
    band(1, Buffer.concat([...lines.map((line) => encodePktLine(`${line}\n`)), flushPkt])),
    flushPkt,
  ]);

const tracked = () => realGit(['rev-parse', 'origin/main'], { cwd: scene.repo });

describe('a report on a push', () => {
  it.each<[string, Uint8Array, string]>([
    ['that names no ref', report('unpack ok'), 'PUSH_OUTCOME_UNKNOWN'],
    [
      'that names a ref that was not pushed alone',
      report('unpack ok', 'ok refs/heads/x'),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    [
      'that names a ref that was not pushed as well',
      report('unpack ok', 'ok refs/heads/main', 'ok refs/heads/x'),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    [
      'that names a ref like a property',
      report('unpack ok', 'ok refs/heads/main', 'ng __proto__ no'),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    [
      'that says ok and no',
      report('unpack ok', 'ok refs/heads/main', 'ng refs/heads/main no'),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    [
      'that says no and ok',
      report('unpack ok', 'ng refs/heads/main no', 'ok refs/heads/main'),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    [
      'that does not say what became of the pack',
      report('ok refs/heads/main'),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    [
      'that has more behind it',
      Buffer.concat([report('unpack ok', 'ok refs/heads/main').subarray(0, -4), band(1, 'x')]),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    [
      'that is cut',
      report('unpack ok', 'ok refs/heads/main').subarray(0, 40),
      'PUSH_OUTCOME_UNKNOWN',
    ],
    ['that never comes', Buffer.from('0000'), 'PUSH_OUTCOME_UNKNOWN'],
    ['that is an error', band(3, 'out of luck'), 'REMOTE_ERROR'],
    [
      'that says ok of a ref whose pack was not taken',
      report('unpack no room', 'ok refs/heads/main'),
      'GitPushError',
    ],
    ['that says no', report('unpack ok', 'ng refs/heads/main no'), 'GitPushError'],
    [
      'with an oid that is none',
      report('unpack ok', 'ok refs/heads/main', 'option new-oid ref: refs/heads/other'),
      'PUSH_OUTCOME_UNKNOWN',
    ],
  ])('%s is no success, and the tracking ref stays', async (_, answer, code) => {
    scene.script = { advertisement: advertises(scene.oids[1]), answer };
    await scene.expectRefused('push', [code]);
  });

  it('says of a pack that was not taken that no ref was', async () => {
    const answer = report('unpack \u001b[2Jno', 'ok refs/heads/main');
    scene.script = { advertisement: advertises(scene.oids[1]), answer };
    const { data } = await scene.expectRefused('push', ['GitPushError']);
    expect(data['result']).toMatchObject({
      ...{ ok: false, error: '[2Jno', refs: { 'refs/heads/main': { ok: false, error: '[2Jno' } } },
    });
  });

  it.each([
    ['a ref outside of refs/', 'option refname ../../config', 'option forced-update'],
    [
      'a ref that git does not take',
      'option refname refs/heads/../../config',
      'option forced-update',
    ],
    [
      'an object that is not here',
      'option refname refs/heads/main',
      `option new-oid ${oidOf('7')}`,
    ],
  ])('that has made %s of it changes no tracking ref', async (_, ...options) => {
    const answer = report('unpack ok', 'ok refs/heads/main', ...options);
    scene.script = { advertisement: advertises(scene.oids[1]), answer };
    expect(await scene.run('push')).toMatchObject({ ok: true });
    expect(await tracked()).toBe(scene.oids[1]);
    expect(await realGit(['for-each-ref', '--format=%(refname)'], { cwd: scene.repo })).toBe(
      'refs/heads/main\nrefs/remotes/origin/main\nrefs/tags/v1',
    );
  });

  it('that is sound moves the tracking ref', async () => {
    const answer = report('unpack ok', 'ok refs/heads/main');
    scene.script = { advertisement: advertises(scene.oids[1]), answer };
    expect(await scene.run('push')).toMatchObject({ ok: true });
    expect(await tracked()).toBe(scene.oids[2]);
  });
});

describe('an advertisement to a push', () => {
  it('that has a commit which is not here is refused, and may be overwritten', async () => {
    const answer = report('unpack ok', 'ok refs/heads/main');
    scene.script = { advertisement: advertises(oidOf('7')), answer };
    await scene.expectRefused('push', ['PushRejectedError']);
    expect(await scene.run('push', { force: true })).toMatchObject({ ok: true });
  });

  it('that cannot report is refused before anything is sent', async () => {
    scene.script = {
      advertisement: advertisement({ 'refs/heads/main': scene.oids[1] }, 'ofs-delta'),
    };
    await scene.expectRefused('push', ['UNSUPPORTED_CAPABILITY']);
  });

  it('with objects that are cut off in it, which are not here, changes nothing here', async () => {
    const lines = Buffer.concat([
      advertises(scene.oids[1]).subarray(0, -4),
      encodePktLine(`shallow ${oidOf('7')}\n`),
      encodePktLine(`shallow ${scene.oids[0]}\n`),
      flushPkt,
    ]);
    scene.script = { advertisement: lines, answer: report('unpack ok', 'ng refs/heads/main no') };
    await scene.expectRefused('push', ['GitPushError']);
  });
});
