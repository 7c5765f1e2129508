/** The contract of the plugin in Chromium, but for what contract.browser.test.ts has tried. */
import { isShort } from './contract/cases.js';
import { testInPages } from './contract/in-pages.js';

const title = 'isomorphic-git over gitws';
testInPages('plain', title, undefined, (topic, index) => !isShort(topic, index, 'page'));
