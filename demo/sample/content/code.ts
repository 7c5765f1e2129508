/** The sample site's style sheets, scripts, data and tools, as first committed. */

export const baseCss = `:root {
  --ink: #1d2433;
  --paper: #f7f3ea;
  --red: #b73a30;
  --sea: #1c5866;
}

* {
  box-sizing: border-box;
}

body {
  margin: 0 auto;
  padding: 2rem 1.25rem;
  max-width: 42rem;
  color: var(--ink);
  background: var(--paper);
  font: 1.0625rem/1.6 Georgia, 'Times New Roman', serif;
}

h1,
h2 {
  line-height: 1.15;
  text-wrap: balance;
}

a {
  color: var(--sea);
}
`;

export const layoutCss = `header img {
  display: block;
  width: 100%;
  border-radius: 0.5rem;
}

nav ul {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 1.5rem;
  padding: 0;
  list-style: none;
}

table {
  width: 100%;
  border-collapse: collapse;
}

th,
td {
  padding: 0.4rem 0.6rem;
  border-bottom: 1px solid rgb(0 0 0 / 15%);
  text-align: left;
}
`;

export const printCss = `@media print {
  nav,
  footer {
    display: none;
  }

  body {
    max-width: none;
    color: black;
    background: none;
  }
}
`;

export const tideJs = `// Draws today's tide from data/tides.json: a sine through high and low water.

const canvas = document.querySelector('#tide');
const context = canvas.getContext('2d');

function height(tides, minutes) {
  const { high, low, firstHigh } = tides;
  const phase = ((minutes - firstHigh) / 745) * 2 * Math.PI;
  return (high + low) / 2 + ((high - low) / 2) * Math.cos(phase);
}

function draw(tides) {
  const { width } = canvas;
  context.clearRect(0, 0, width, canvas.height);
  context.beginPath();
  for (let x = 0; x < width; x++) {
    const metres = height(tides, (x / width) * 24 * 60);
    context.lineTo(x, canvas.height * (1 - metres / 2));
  }
  context.stroke();
}

const response = await fetch('data/tides.json');
draw(await response.json());
`;

export const lampJs = `// Dims the page at night, and turns the beam with the time of day.

import { character } from './character.js';

const beam = document.querySelector('.beam');
const night = new Date().getHours() >= 20 || new Date().getHours() < 6;

document.documentElement.classList.toggle('night', night);

if (beam && night && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
  for (const { on, seconds } of character) {
    beam.animate({ opacity: on ? 1 : 0 }, { duration: seconds * 1000 });
  }
}
`;

export const characterJs = `// The light's character, Fl(2) W 15s: two flashes every fifteen seconds.

export const character = [
  { on: true, seconds: 0.5 },
  { on: false, seconds: 2.5 },
  { on: true, seconds: 0.5 },
  { on: false, seconds: 11.5 },
];
`;

export const tidesJson = `{
  "place": "Tern Island, landing",
  "unit": "metres above chart datum",
  "high": 1.62,
  "low": 0.41,
  "firstHigh": 218
}
`;

export const lampJson = `{
  "character": "Fl(2) W 15s",
  "elevation": 34,
  "range": 16,
  "power": 36,
  "lens": "third order, 1871"
}
`;

export const buildSh = `#!/bin/sh
# Copies the site to public/, without what only its editors need.
set -eu

out=public
rm -rf "$out"
mkdir -p "$out"
cp -R ./*.html css js data images log "$out/"
echo "built $(find "$out" -type f | wc -l) files"
`;

export const checkLinksMjs = `#!/usr/bin/env node
// Says which relative links of the pages lead nowhere.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let broken = 0;
for (const page of process.argv.slice(2)) {
  const html = readFileSync(page, 'utf8');
  for (const [, target] of html.matchAll(/(?:href|src)="([^"#:]+)"/g)) {
    const path = target.startsWith('/') ? target.slice(1) : join(dirname(page), target);
    if (path === '' || existsSync(decodeURI(path))) continue;
    console.error(\`\${page}: \${target}\`);
    broken++;
  }
}
process.exitCode = broken > 0 ? 1 : 0;
`;

export const editorconfig = `root = true

[*]
charset = utf-8
indent_style = space
indent_size = 2
end_of_line = lf
insert_final_newline = true
`;

export const gitattributes = `* text=auto eol=lf
*.png binary
*.ico binary
*.wav binary
*.bin binary
`;
