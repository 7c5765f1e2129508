/** What fails of the contract in Chromium, but for what contract.browser.test.ts has tried. */
import { failingStep, failingTopics } from './contract/cases.js';
import { testInChromium } from './contract/in-chromium.js';

testInChromium(
  'plain',
  'isomorphic-git over gitws in Chromium',
  failingTopics,
  (index) => index % failingStep !== 0,
);
