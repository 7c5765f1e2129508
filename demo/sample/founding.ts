/** The sample's first commits: the site is built, and a branch merged. */
import { binary, executable, link, replace, text } from './commits.js';
import type { Commit } from './commits.js';
import * as code from './content/code.js';
import * as pages from './content/pages.js';
import * as writing from './content/writing.js';
import { inaki, maren, yuki } from './people.js';
import * as pictures from './pictures.js';

export const founding: readonly Commit[] = [
  {
    on: 'main',
    author: maren,
    when: '2025-02-10T09:12:00+01:00',
    message: "Start the station's website",
    changes: {
      'README.md': text(writing.readme),
      LICENSE: text(writing.licence),
      'index.html': text(pages.indexHtml),
      '.gitignore': text('public/\n.DS_Store\n'),
      '.editorconfig': text(code.editorconfig),
    },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-02-10T10:40:00+01:00',
    message: 'Give the page a style sheet\n\nGeorgia, because every visitor has it already.',
    changes: { 'css/base.css': text(code.baseCss) },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-02-12T20:05:00+01:00',
    message: 'Add the pictures',
    changes: {
      'images/lighthouse.png': binary(pictures.lighthousePng()),
      'images/mark.svg': text(pages.markSvg),
      '.gitattributes': text(code.gitattributes),
    },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-02-14T08:55:00+01:00',
    message: 'Say how to get here and what to bring',
    changes: {
      'visit.html': text(pages.visitHtml),
      'index.html': replace([
        '    </header>\n',
        '      <nav>\n        <ul>\n          <li><a href="visit.html">Visit</a></li>\n        </ul>\n      </nav>\n    </header>\n',
      ]),
    },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-02-15T16:30:00+01:00',
    message: 'Show the lighthouse on the front page',
    changes: {
      'css/layout.css': text(code.layoutCss),
      'index.html': replace(
        [
          '<link rel="stylesheet" href="css/base.css">\n',
          '<link rel="stylesheet" href="css/base.css">\n    <link rel="stylesheet" href="css/layout.css">\n',
        ],
        [
          '    <header>\n',
          '    <header>\n      <img src="images/lighthouse.png" alt="The lighthouse at dusk" width="480" height="270">\n',
        ],
      ),
    },
  },
  {
    on: 'main',
    author: yuki,
    when: '2025-02-18T22:10:00+09:00',
    message: 'Add icons and a web manifest',
    changes: {
      'favicon.ico': binary(pictures.faviconIco()),
      'images/icon-32.png': binary(pictures.iconPng(32)),
      'images/icon-180.png': binary(pictures.iconPng(180)),
      'site.webmanifest': text(pages.webManifest),
      'index.html': replace([
        '    <title>',
        '    <link rel="manifest" href="site.webmanifest">\n    <title>',
      ]),
    },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-02-20T11:00:00+01:00',
    message: 'List the keepers',
    changes: {
      'keepers.html': text(pages.keepersHtml),
      'index.html': replace([
        '<li><a href="visit.html">Visit</a></li>\n',
        '<li><a href="visit.html">Visit</a></li>\n          <li><a href="keepers.html">Keepers</a></li>\n',
      ]),
    },
  },
  {
    on: 'tide-table',
    from: 'main',
    author: yuki,
    when: '2025-02-23T21:15:00+09:00',
    message: 'Put the tides into a file',
    changes: { 'data/tides.json': text(code.tidesJson) },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-02-24T19:20:00+01:00',
    message: 'Build with a shell script\n\nNo dependency to update in ten years.',
    changes: { 'scripts/build.sh': executable(code.buildSh) },
  },
  {
    on: 'tide-table',
    author: yuki,
    when: '2025-02-25T22:40:00+09:00',
    message: "Draw today's tide",
    changes: {
      'js/tide.js': text(code.tideJs),
      'visit.html': replace([
        '      <h2>What to bring</h2>\n',
        '      <h2>The tide today</h2>\n      <canvas id="tide" width="480" height="120"></canvas>\n      <script type="module" src="js/tide.js"></script>\n\n      <h2>What to bring</h2>\n',
      ]),
    },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-03-02T21:48:00+01:00',
    message: 'Open the station log: the lamp is lit',
    changes: {
      'log/2025-03-02-lamp-relit.md': text(writing.lampRelit),
      'log/latest.md': link('2025-03-02-lamp-relit.md'),
      'log/index.html': text(pages.logIndexHtml),
      'data/lamp.json': text(code.lampJson),
      'index.html': replace([
        '<li><a href="keepers.html">Keepers</a></li>\n',
        '<li><a href="keepers.html">Keepers</a></li>\n          <li><a href="log/">Station log</a></li>\n',
      ]),
    },
    tags: [{ name: 'lamp-lit' }],
  },
  {
    on: 'tide-table',
    author: yuki,
    when: '2025-03-04T20:30:00+09:00',
    message: 'Draw the curve sharp on dense screens',
    changes: {
      'js/tide.js': replace([
        "const context = canvas.getContext('2d');\n",
        "const context = canvas.getContext('2d');\ncanvas.width *= devicePixelRatio;\ncanvas.height *= devicePixelRatio;\n",
      ]),
    },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-03-06T09:00:00+01:00',
    message: "Merge branch 'tide-table'",
    merge: 'tide-table',
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-03-10T18:05:00+01:00',
    message: 'Find links that lead nowhere',
    changes: { 'scripts/check-links.mjs': executable(code.checkLinksMjs) },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-03-10T18:31:00+01:00',
    message:
      'Answer a wrong address with more than silence\n\nFound by the new check: two of them were ours.',
    changes: {
      '404.html': text(pages.notFoundHtml),
      'robots.txt': text(pages.robotsTxt),
      'sitemap.xml': text(pages.sitemapXml),
    },
  },
];
