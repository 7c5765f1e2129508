/**
 * Markdown as nodes that do no harm. Links and pictures are read while nothing of it is in a document
 * yet: no address of the repository's is ever loaded by the parser.
 */
import createDOMPurify from 'dompurify';
import { Marked } from 'marked';
import { folderOf } from '../../base/folders.js';
import { cleanPath } from '../place.js';

/** What a link or a picture of a text leads to. */
export interface MarkdownOptions {
  /** Of the file, which its relative links start from. */
  readonly path: string;
  /** Whether pictures of other hosts are loaded. */
  readonly remoteImages: boolean;
  /** @returns the address that a link into the repository has. */
  readonly hrefOf: (path: string) => string;
}

/** What texts are made of. All else is left out, with what is in it only where that is text. */
const allowedTags = [
  ...['#text', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'div', 'span', 'a', 'img'],
  ...['ul', 'ol', 'li', 'dl', 'dt', 'dd', 'blockquote', 'pre', 'code', 'kbd', 'samp', 'var', 'tt'],
  ...['em', 'i', 'strong', 'b', 'u', 's', 'del', 'ins', 'sub', 'sup', 'small', 'mark', 'q', 'cite'],
  ...[
    'abbr',
    'dfn',
    'time',
    'bdi',
    'bdo',
    'ruby',
    'rt',
    'rp',
    'wbr',
    'details',
    'summary',
    'figure',
  ],
  ...['figcaption', 'center', 'table', 'caption', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'],
];

const allowedAttributes = [
  ...['href', 'src', 'alt', 'title', 'width', 'height', 'align', 'valign', 'colspan', 'rowspan'],
  ...['start', 'reversed', 'open', 'lang', 'dir', 'id', 'class', 'cite', 'datetime', 'scope'],
];

const marked = new Marked({
  gfm: true,
  async: false,
  renderer: { checkbox: ({ checked }) => (checked ? '☑ ' : '☐ ') },
});

/** @returns the text's nodes. Links have `data-path` or `data-heading`, pictures `data-path`. */
export function renderMarkdown(text: string, options: MarkdownOptions): DocumentFragment {
  // Each time one of its own: what a page has made of the other counts nothing here.
  const purify = createDOMPurify(globalThis.window);
  purify.addHook('afterSanitizeAttributes', (node) => {
    if (node.nodeName === 'A') linkTo(node, options);
    if (node.nodeName === 'IMG') takePicture(node, options);
    const name = node.getAttribute('class');
    if (name === null) return;
    // Nothing may look like a part of the element.
    if (node.nodeName !== 'CODE' || !/^language-[\w+#-]+$/.test(name))
      node.removeAttribute('class');
  });
  const fragment = purify.sanitize(marked.parse(withoutFrontMatter(text)) as string, {
    ...{ ALLOWED_TAGS: allowedTags, ALLOWED_ATTR: allowedAttributes },
    ...{ ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false },
    ...{ SANITIZE_NAMED_PROPS: true, RETURN_DOM_FRAGMENT: true },
  });
  nameHeadings(fragment);
  for (const table of fragment.querySelectorAll('table')) {
    const frame = fragment.ownerDocument.createElement('div');
    frame.className = 'wide';
    frame.tabIndex = 0;
    frame.setAttribute('role', 'group');
    frame.setAttribute('aria-label', 'Table');
    table.replaceWith(frame);
    frame.append(table);
  }
  return fragment;
}

/** @returns the text after the settings that site generators keep at its top. */
function withoutFrontMatter(text: string): string {
  return text.replace(/^\uFEFF?---\r?\n[^]*?\r?\n---\r?\n/, '');
}

/** What an address of a text is. */
type Target =
  | { readonly kind: 'remote' | 'heading' | 'nothing'; readonly address: string }
  | { readonly kind: 'own'; readonly path: string };

/** @param path of the file that the address stands in. */
export function targetOf(address: string, path: string): Target {
  // As browsers read it, who leave these out wherever they stand.
  // eslint-disable-next-line no-control-regex
  const plain = address.replace(/[\u0000-\u0020]+/g, '');
  if (plain.startsWith('#')) return { kind: 'heading', address: plain.slice(1) };
  if (/^(https?:|mailto:|[/\\]{2})/i.test(plain)) return { kind: 'remote', address: plain };
  if (plain === '' || /^[a-z][a-z\d+.-]*:/i.test(plain)) return { kind: 'nothing', address: '' };
  const [file = ''] = address.trim().split(/[?#]/);
  try {
    const decoded = decodeURIComponent(file);
    const from = decoded.startsWith('/') ? '' : `${folderOf(path)}/`;
    return { kind: 'own', path: cleanPath(from + decoded) };
  } catch {
    return { kind: 'nothing', address: '' };
  }
}

function linkTo(link: Element, { path, hrefOf }: MarkdownOptions): void {
  const address = link.getAttribute('href');
  if (address === null) return;
  link.removeAttribute('href');
  const target = targetOf(address, path);
  if (target.kind === 'own') {
    link.setAttribute('href', hrefOf(target.path));
    link.setAttribute('data-path', target.path);
  } else if (target.kind === 'heading') {
    link.setAttribute('href', `#${target.address}`);
    link.setAttribute('data-heading', target.address);
  } else if (target.kind === 'remote') {
    link.setAttribute('href', target.address);
    link.setAttribute('target', '_blank');
    link.setAttribute('rel', 'noopener noreferrer nofollow');
  }
}

function takePicture(image: Element, { path, remoteImages }: MarkdownOptions): void {
  const address = image.getAttribute('src') ?? '';
  image.removeAttribute('src');
  const target = targetOf(address, path);
  if (target.kind === 'own') {
    image.setAttribute('data-path', target.path);
    return;
  }
  if (target.kind === 'remote' && remoteImages && !target.address.startsWith('mailto:')) {
    image.setAttribute('src', target.address);
    image.setAttribute('loading', 'lazy');
    image.setAttribute('referrerpolicy', 'no-referrer');
    return;
  }
  // Whoever reads a page is not told to hosts that its repository names.
  const link = image.ownerDocument.createElement('a');
  link.textContent = image.getAttribute('alt') || 'Picture';
  if (target.kind === 'remote' && image.closest('a') === null) {
    link.setAttribute('href', target.address);
    link.setAttribute('target', '_blank');
    link.setAttribute('rel', 'noopener noreferrer nofollow');
    image.replaceWith(link);
  } else image.replaceWith(link.textContent);
}

/** Gives headings the names that links to them use. */
function nameHeadings(fragment: DocumentFragment): void {
  const taken = new Map<string, number>();
  for (const heading of fragment.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const slug = heading.textContent
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = taken.get(slug) ?? 0;
    taken.set(slug, count + 1);
    heading.id = `user-content-${slug}${count === 0 ? '' : `-${count}`}`;
  }
}
