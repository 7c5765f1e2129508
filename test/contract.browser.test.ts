/** The contract of the plugin in every engine; the rest of it: contract.browser.long.test.ts. */
import { isShort } from './contract/cases.js';
import { testInPages } from './contract/in-pages.js';
import { engine } from './helpers/engines.js';

/** Firefox and WebKit have every fourth case, and others of a bound repository. */
const step = engine === 'chromium' ? 1 : 4;

testInPages(
  'plain',
  'isomorphic-git over gitws',
  undefined,
  (topic, index) => index % step === 0 && isShort(topic, index, 'page'),
);
