/**
 * The contract of bound repositories in Chromium, whose packs the engine indexes: the same as
 * contract-bound.interop.long.test.ts has in Node.
 */
import { boundTopics } from './contract/bound.js';
import { testInChromium } from './contract/in-chromium.js';

testInChromium('bound', 'isomorphic-git with packs indexed by gitws in Chromium', boundTopics);
