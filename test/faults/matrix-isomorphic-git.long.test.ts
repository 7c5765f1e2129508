/** The whole matrix of isomorphic-git over gitws. */
import { testWholeMatrix } from './whole-matrix.js';

testWholeMatrix('isomorphic-git');
