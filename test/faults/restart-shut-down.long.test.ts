/** The server is shut down in the middle, and another one takes its place. */
import { testRestarts } from './restarts.js';

testRestarts('SIGTERM');
