/** The whole matrix of native git over its helper. */
import { testWholeMatrix } from './whole-matrix.js';

testWholeMatrix('git-remote-ws');
