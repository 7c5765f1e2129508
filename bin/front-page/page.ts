/** The page at `/`: HTML without a script, and the headers that allow it nothing else. */
import { createHash } from 'node:crypto';
import { encodePath } from '../../server/admission/target.js';

/** What stands on the page. */
export interface PageContent {
  /** Repositories, as they lie below the root. */
  readonly names: readonly string[];
  /** Whether there may be more than these. */
  readonly more: boolean;
  /** Where the repositories are, as the visitor sees it: `https://git.example/git`, no slash last. */
  readonly url: string;
  /** Who is signed in. */
  readonly user: string | undefined;
  /** Whether there is a way to sign in. */
  readonly signsIn: boolean;
}

const style = `
:root { color-scheme: light dark; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
li { margin: 0.75rem 0; overflow-wrap: anywhere; }
code { font: 0.875rem/1.5 ui-monospace, monospace; user-select: all; }
`;

/** Nothing may be loaded, run, framed or sent; the style is the one that stands in the page. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  // It differs by who asks.
  'Cache-Control': 'no-store',
};

/** The command that clones a repository with git. @param url as in {@link PageContent}. */
export function cloneCommand(url: string, name: string): string {
  return `git clone ${url.replace(/^http/, 'ws')}/${encodePath(name)}`;
}

/** @returns the whole page. */
export function formatPage(content: PageContent): string {
  const { names, more, url } = content;
  const items = names.map(
    (name) =>
      `<li><strong>${escape(name)}</strong><br><code>${escape(cloneCommand(url, name))}</code></li>`,
  );
  const list =
    items.length === 0
      ? '<p>There is no repository here that you may read.</p>'
      : `<ul>\n${items.join('\n')}\n</ul>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Repositories</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Repositories</h1>
${visitor(content)}${list}
${more ? '<p>There may be more: the list is cut off.</p>\n' : ''}<p>git needs <code>npm install --global gitws</code> for these addresses, once. In a page, isomorphic-git clones <code>${escape(url)}/…</code> with the plugin of <code>gitws</code>.</p>
</main>
</body>
</html>
`;
}

function visitor({ user, signsIn }: PageContent): string {
  if (user !== undefined) return `<p>You are signed in as ${escape(user)}.</p>\n`;
  return signsIn ? '<p><a href="?sign-in">Sign in</a> to see what is yours.</p>\n' : '';
}

/** Text as it may stand in HTML, also in an attribute. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
