/** The contract of the plugin in Node; the rest of it: contract.interop.long.test.ts. */
import { isShort } from './contract/cases.js';
import { testInNode } from './contract/in-node.js';

testInNode('isomorphic-git over gitws in Node', {
  isWanted: (topic, index) => isShort(topic, index, 'Node'),
});
