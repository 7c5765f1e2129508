/** The contract of the plugin in Node. */
import { contractCases } from './contract/cases.js';
import { testInNode } from './contract/in-node.js';

testInNode('isomorphic-git over gitws in Node', Object.keys(contractCases));
