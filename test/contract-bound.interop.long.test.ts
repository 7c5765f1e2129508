/** The contract of bound repositories in Node, whose packs the engine indexes: the sources, node:fs. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, describe, it } from 'vitest';
import * as gitws from '../src/index.js';
import { bound, boundTopics } from './contract/bound.js';
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

for (const topic of boundTopics) {
  describe(`isomorphic-git with packs indexed by gitws in Node, ${topic}:`, () => {
    for (const contractCase of contractCases[topic] ?? []) {
      it(contractCase.name, async () => {
        const dir = join(directory, `bound-${(count += 1)}`);
        const context = { git, gitws, http: gitws.http, fs, dir, oracle };
        await runCase(contractCase, bound(context));
      });
    }
  });
}
