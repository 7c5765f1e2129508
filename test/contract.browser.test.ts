/** The contract of the plugin in Chromium; all of what fails: contract.browser.long.test.ts. */
import { contractCases, failingStep, failingTopics } from './contract/cases.js';
import { testInChromium } from './contract/in-chromium.js';

const title = 'isomorphic-git over gitws in Chromium';
const others = Object.keys(contractCases).filter((topic) => !failingTopics.includes(topic));
testInChromium('plain', title, others);
testInChromium('plain', title, failingTopics, (index) => index % failingStep === 0);
