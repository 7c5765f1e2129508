/** git's configuration format, read as `git config --list` reads it. */
import { describe, expect, it } from 'vitest';
import { parseConfigFile } from '../../src/wire/config-file.js';
import { isSameHost, submoduleUrl } from '../../src/git/submodules/submodule-url.js';
import { gitStatus } from '../helpers/git.js';

/** As `git config --list -z` writes it. */
function listed(text: string): string | undefined {
  return parseConfigFile(text)
    ?.map(({ section, subsection, name, value }) => {
      const all = [section, ...(subsection === undefined ? [] : [subsection]), name];
      const key = all.slice(section === '' ? 1 : 0).join('.');
      return `${key}${value === undefined ? '' : `\n${value}`}\0`;
    })
    .join('');
}

describe.concurrent('a configuration file', () => {
  it.each([
    '',
    '[a]\nb = c\n',
    '[A "B c"]\n\tD-1=e  f \t\n',
    '[a "b\\"c\\\\d\\e"]\nf=g',
    '[a.B.c]\nd = e\n[a]d=e\n[a "x"] y = z # w\n',
    '# c\n; d\n[a] ; e\nb\nc=\nd = ; nothing\n',
    '[a]\nb = "c ; d" e # f\nb = " c "\nb = c " "\n',
    '[a]\nb = c\\\n  d\\\n# e\nf = "g\\\nh"\n',
    '[a]\nb = \\t\\n\\b\\"\\\\\nc = a\\\\b\n',
    '\ufeff[a]\r\nb = c\r\n\r\n[d]\r\ne = "f"\r\n',
    '[submodule "x.y/z w"]\n\tpath = "x y"\n\turl = ../z.git#f\n\turl = "../z.git#f"\n',
    '[a]\n  b = ä\u00a0ö \u3000\n',
    '[a]\nb = c [d]\ne = f\n',
    '[a]\nb == c\n',
    // What is none.
    'b = c\n',
    '[a\nb = c\n',
    '[a]\nb = "c\n',
    '[a]\nb = \\x\n',
    '[a]\n1b = c\n',
    '[a]\nb_c = d\n',
    '[a] b c\n',
    '[a "b]\nc = d\n',
    '[a b]\nc = d\n',
    '[]\nc = d\n',
    '[a "b"x]\nc = d\n',
    '[a]\nb = c\\',
    '[a]\nb\tc = d\n',
    '[a]b=c[d]e=f\n',
  ])('%j', async (text) => {
    const { code, stdout } = await gitStatus(['config', '-f', '-', '--list', '-z'], {
      input: text,
    });
    expect(listed(text)).toBe(code === 0 ? stdout : undefined);
  });
});

describe('the URL of a submodule', () => {
  it.each<[string, string, string | undefined]>([
    ['../lib.git', 'https://host/a/site.git', 'https://host/a/lib.git'],
    ['./lib.git', 'https://host/a/site.git', 'https://host/a/site.git/lib.git'],
    ['../../b/lib.git/', 'https://host/a/site.git/', 'https://host/b/lib.git'],
    ['../lib', 'wss://me:secret@host:8443/site', 'wss://me:secret@host:8443/lib'],
    ['../../lib', 'https://host/site', undefined],
    ['..', 'https://host/site', undefined],
    ['https://other/x.git', 'https://host/site', 'https://other/x.git'],
    ['git@host:x.git', 'https://host/site', undefined],
    ['ssh://host/x', 'https://host/site', undefined],
    ['ext::sh -c x', 'https://host/site', undefined],
    ['/x.git', 'https://host/site', undefined],
    ['../x', 'file:///a/b', 'file:///a/x'],
  ])('%s of %s', (url, base, expected) => {
    expect(submoduleUrl(url, base)).toBe(expected);
  });

  it.each<[string, string, string | undefined]>([
    ['git@host:x.git', 'https://host/site', 'git@host:x.git'],
    ['ssh://git@host:2222/x', 'https://host/site', 'ssh://git@host:2222/x'],
    ['../lib.git', 'ssh://git@host:2222/a/site.git', 'ssh://git@host:2222/a/lib.git'],
    ['../lib.git', 'git@host:a/site.git', 'git@host:a/lib.git'],
    ['../lib.git', 'git@host:/a/site.git', 'git@host:/a/lib.git'],
    ['../lib.git', 'git@host:site.git', 'git@host:lib.git'],
    ['../../lib.git', 'git@host:site.git', undefined],
    ['ssh://git:secret@host/x', 'https://host/site', undefined],
    ['ext::sh -c x', 'git@host:site.git', undefined],
    ['/x.git', 'git@host:site.git', undefined],
  ])('%s of %s through a gateway', (url, base, expected) => {
    expect(submoduleUrl(url, base, true)).toBe(expected);
  });

  it.each([
    ['ssh://git@host/a', 'git@host:b', true],
    ['ssh://git@host:2222/a', 'ssh://git@host:2222/b', true],
    ['ssh://git@host/a', 'ssh://git@other/a', false],
    ['git@host:a', 'git@other:a', false],
    ['ssh://git@host/a', 'ssh://git@host:2222/a', false],
    ['ssh://git@host/a', 'https://host/a', false],
    ['file:///a', 'file:///b', false],
    ['https://host/a', 'wss://host/b', true],
  ])('%s and %s are one host: %s', (one, other, isOne) => {
    expect(isSameHost(one, other)).toBe(isOne);
  });
});
