/**
 * The contract of bound repositories in a browser, whose packs the engine indexes: in Chromium
 * the same as contract-bound.interop.long.test.ts has in Node.
 */
import { boundTopics } from './contract/bound.js';
import { isShort } from './contract/cases.js';
import { testInPages } from './contract/in-pages.js';
import { engine } from './helpers/engines.js';

/** Of so many cases another engine has one tried: the plugin's own contract it has whole. */
const step = engine === 'chromium' ? 1 : 4;
const isWanted = (topic: string, index: number): boolean =>
  step === 1 || (index % step === 0 && isShort(topic, index, 'page'));
testInPages('bound', 'isomorphic-git with packs indexed by gitws', boundTopics, isWanted);
