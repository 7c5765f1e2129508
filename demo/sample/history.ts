/**
 * The sample repository's history: the website of a lighthouse station, by three people over four
 * months. It has what a client must cope with: a merge, two branches, both kinds of tag, a
 * symbolic link, executables, binary files, and names with spaces and letters beyond ASCII.
 */
import { append, binary, executable, link, replace, text } from './commits.js';
import type { Commit, Person } from './commits.js';
import * as code from './content/code.js';
import * as pages from './content/pages.js';
import * as writing from './content/writing.js';
import * as pictures from './pictures.js';

const maren: Person = { name: 'Maren Holt', email: 'maren@ternisland.example' };
const inaki: Person = { name: 'Iñaki Etxeberria', email: 'inaki@ternisland.example' };
const yuki: Person = { name: 'Yuki Tanaka', email: 'yuki@ternisland.example' };

const logLine = (path: string, title: string): readonly [string, string] => [
  '      <ol reversed>\n',
  `      <ol reversed>\n        <li><a href="${path}">${title}</a></li>\n`,
];

/** The branches that have a ref; `tide-table` was merged and deleted. */
export const sampleBranches = ['main', 'redesign'] as const;

/** Every commit, oldest first. */
export const sampleHistory: readonly Commit[] = [
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
  {
    on: 'main',
    author: yuki,
    when: '2025-03-30T23:12:00+09:00',
    message: 'Log: storm week',
    changes: {
      'log/2025-03-30-storm-week.md': text(writing.stormWeek),
      'log/latest.md': link('2025-03-30-storm-week.md'),
      'log/index.html': replace(logLine('2025-03-30-storm-week.md', 'Storm week')),
    },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-04-05T10:20:00+02:00',
    message: 'Keep the opening hours where the volunteers edit them',
    changes: {
      'notes/opening hours.md': text(writing.openingHours),
      'notes/Überfahrt und Fähre.md': text(writing.crossing),
      'CONTRIBUTING.md': text(writing.contributing),
    },
  },
  {
    on: 'main',
    author: yuki,
    when: '2025-04-08T21:00:00+09:00',
    message: 'Welcome visitors in Japanese',
    changes: { 'notes/灯台のご案内.md': text(writing.guideJapanese) },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-04-21T20:44:00+02:00',
    message: 'Log: painting the gallery',
    changes: {
      'log/2025-04-21-painting.md': text(writing.painting),
      'log/latest.md': link('2025-04-21-painting.md'),
      'log/index.html': replace(logLine('2025-04-21-painting.md', 'Painting the gallery')),
    },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-04-26T15:02:00+02:00',
    message: 'Record the fog bell',
    changes: { 'sounds/fog bell.wav': binary(pictures.bellWav()) },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-05-01T08:00:00+02:00',
    message: 'Open for the season\n\nThe café is back, and pages print without the navigation.',
    changes: {
      'css/print.css': text(code.printCss),
      'images/café.png': binary(pictures.coffeePng()),
      'visit.html': replace([
        '      <ul>\n',
        '      <img src="images/café.png" alt="" width="160" height="120">\n      <ul>\n',
      ]),
      'index.html': replace([
        '<link rel="stylesheet" href="css/layout.css">\n',
        '<link rel="stylesheet" href="css/layout.css">\n    <link rel="stylesheet" href="css/print.css" media="print">\n',
      ]),
    },
    tags: [
      {
        name: 'season-2025',
        message: 'Season 2025\n\nThe site as it stood when the first ferry of the season left.',
      },
    ],
  },
  {
    on: 'redesign',
    from: 'main',
    author: inaki,
    when: '2025-05-04T21:30:00+02:00',
    message: 'Turn the lamp by day and night',
    changes: {
      'js/lamp.js': text(code.lampJs),
      'js/character.js': text(code.characterJs),
      'css/layout.css': append(
        '\n.beam {\n  position: absolute;\n  inset: 18% 30% auto 0;\n  height: 4rem;\n  background: linear-gradient(to left, rgb(255 248 226 / 80%), transparent);\n}\n',
      ),
    },
  },
  {
    on: 'redesign',
    author: inaki,
    when: '2025-05-11T17:45:00+02:00',
    message: 'Try the night picture on the front page',
    changes: {
      'images/harbour at night.png': binary(pictures.nightPng()),
      'index.html': replace([
        '      <img src="images/lighthouse.png" alt="The lighthouse at dusk" width="480" height="270">\n',
        '      <img src="images/harbour%20at%20night.png" alt="The beam over the sound" width="480" height="270">\n      <div class="beam"></div>\n',
      ]),
    },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-05-18T20:10:00+02:00',
    message: 'Log: first guests',
    changes: {
      'log/2025-05-18-first-guests.md': text(writing.firstGuests),
      'log/latest.md': link('2025-05-18-first-guests.md'),
      'log/index.html': replace(logLine('2025-05-18-first-guests.md', 'First guests')),
    },
  },
  {
    on: 'main',
    author: yuki,
    when: '2025-05-26T22:22:00+09:00',
    message:
      'Keep the soundings of the landing\n\nDecimetres, little-endian, every two metres along the slip.',
    changes: { 'data/soundings.bin': binary(pictures.soundingsBin(512)) },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-05-29T18:14:00+02:00',
    message: 'Lend the newspapers a picture of the beam',
    changes: { 'images/harbour at night.png': binary(pictures.nightPng()) },
  },
  {
    on: 'main',
    author: maren,
    when: '2025-06-01T09:36:00+02:00',
    message: 'Explain in the README what is where',
    changes: { 'README.md': append(writing.readmeMore) },
  },
  {
    on: 'redesign',
    author: inaki,
    when: '2025-06-03T19:58:00+02:00',
    message: 'Use the colours of the night on every page',
    changes: {
      'css/base.css': append(
        '\n.night body {\n  color: #f3ede1;\n  background: #0f1b33;\n}\n\n.night a {\n  color: #efb48a;\n}\n',
      ),
    },
  },
  {
    on: 'main',
    author: inaki,
    when: '2025-06-08T12:15:00+02:00',
    message: 'Ring the bell from the visit page',
    changes: {
      'visit.html': replace([
        '      <h2>What to bring</h2>\n',
        '      <h2>The fog bell</h2>\n      <audio controls src="sounds/fog bell.wav"></audio>\n\n      <h2>What to bring</h2>\n',
      ]),
    },
  },
];
