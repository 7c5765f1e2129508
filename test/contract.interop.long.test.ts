/** The contract of the plugin in Node, but for what contract.interop.test.ts has tried. */
import { isShort } from './contract/cases.js';
import { testInNode } from './contract/in-node.js';

testInNode('isomorphic-git over gitws in Node', {
  isWanted: (topic, index) => !isShort(topic, index, 'Node'),
});
