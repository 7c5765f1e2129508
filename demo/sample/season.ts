/** The sample's later commits: the log goes on, the season opens, a redesign is tried. */
import { append, binary, link, replace, text } from './commits.js';
import type { Commit } from './commits.js';
import * as code from './content/code.js';
import * as writing from './content/writing.js';
import { inaki, maren, yuki } from './people.js';
import * as pictures from './pictures.js';

const logLine = (path: string, title: string): readonly [string, string] => [
  '      <ol reversed>\n',
  `      <ol reversed>\n        <li><a href="${path}">${title}</a></li>\n`,
];

export const season: readonly Commit[] = [
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
