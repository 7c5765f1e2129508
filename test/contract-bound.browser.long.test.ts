/**
 * The contract of bound repositories in a browser, whose packs the engine indexes: in Chromium
 * the same as contract-bound.interop.long.test.ts has in Node.
 */
import { boundTopics } from './contract/bound.js';
import { isShort } from './contract/cases.js';
import { testInPages } from './contract/in-pages.js';
import { engine } from './helpers/engines.js';

const isWanted = (topic: string, index: number): boolean =>
  engine === 'chromium' || isShort(topic, index, 'page');
testInPages('bound', 'isomorphic-git with packs indexed by gitws', boundTopics, isWanted);
