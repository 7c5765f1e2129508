/** The contract of the plugin in Chromium, but for what contract.browser.test.ts has tried. */
import { isShort } from './contract/cases.js';
import { testInChromium } from './contract/in-chromium.js';

const title = 'isomorphic-git over gitws in Chromium';
testInChromium('plain', title, undefined, (topic, index) => !isShort(topic, index, 'page'));
