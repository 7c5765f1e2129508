/** The page's entry: shows it, and opens what was open when it was left. */
import { render } from 'preact';
import { App } from './components/App.js';
import { start } from './state/start.js';

const root = document.getElementById('app');
if (root === null) throw new Error('The page has no #app.');
render(<App />, root);
void start();
