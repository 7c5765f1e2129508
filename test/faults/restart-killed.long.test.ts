/** The server is killed in the middle, and another one takes its place. */
import { testRestarts } from './restarts.js';

testRestarts('SIGKILL');
