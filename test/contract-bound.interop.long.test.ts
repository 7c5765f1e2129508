/** The contract of bound repositories in Node, whose packs the engine indexes. */
import { bound, boundTopics } from './contract/bound.js';
import { testInNode } from './contract/in-node.js';

testInNode('isomorphic-git with packs indexed by gitws in Node', {
  topics: boundTopics,
  way: bound,
});
