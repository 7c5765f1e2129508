/** The whole matrix of the library's own commands. */
import { testWholeMatrix } from './whole-matrix.js';

testWholeMatrix('gitws/git');
