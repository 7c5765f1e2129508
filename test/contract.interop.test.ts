/** The contract of the plugin in Node: the sources, node:fs, isomorphic-git as it is installed. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, describe, it } from 'vitest';
import * as gitws from '../src/index.js';
import { contractCases } from './contract/cases.js';
import type { Oracle } from './contract/context.js';
import { createOracle } from './contract/oracle.js';
import { runCase } from './contract/run-case.js';
import { temporaryDirectory } from './helpers/temp.js';

let oracle: Oracle;
let directory: string;
let count = 0;

beforeAll(async () => {
  directory = await temporaryDirectory();
  oracle = await createOracle({ materialize: async (dir) => dir });
});

for (const [topic, cases] of Object.entries(contractCases)) {
  describe(`isomorphic-git over gitws in Node, ${topic}:`, () => {
    for (const contractCase of cases) {
      it(contractCase.name, async () => {
        const dir = join(directory, `clone-${(count += 1)}`);
        await runCase(contractCase, { git, gitws, http: gitws.http, fs, dir, oracle });
      });
    }
  });
}
