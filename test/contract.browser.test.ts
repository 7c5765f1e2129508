/** The contract of the plugin in Chromium; the rest of it: contract.browser.long.test.ts. */
import { isShort } from './contract/cases.js';
import { testInChromium } from './contract/in-chromium.js';

const title = 'isomorphic-git over gitws in Chromium';
testInChromium('plain', title, undefined, (topic, index) => isShort(topic, index, 'page'));
