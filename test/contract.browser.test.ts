/** The contract of the plugin in Chromium. */
import { contractCases } from './contract/cases.js';
import { testInChromium } from './contract/in-chromium.js';

testInChromium('plain', 'isomorphic-git over gitws in Chromium', Object.keys(contractCases));
