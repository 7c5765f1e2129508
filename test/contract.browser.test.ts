/** The contract of the plugin in Chromium; the rest of it: contract.browser.long.test.ts. */
import { isShort } from './contract/cases.js';
import { testInPages } from './contract/in-pages.js';

const title = 'isomorphic-git over gitws';
testInPages('plain', title, undefined, (topic, index) => isShort(topic, index, 'page'));
