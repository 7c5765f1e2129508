/** The contract in Node: the sources, node:fs, isomorphic-git as it is installed. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, describe, it } from 'vitest';
import * as gitws from '../../src/index.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { contractCases } from './cases.js';
import type { ContractContext, Oracle } from './context.js';
import { createOracle } from './oracle.js';
import { runCase } from './run-case.js';

/**
 * Defines its tests.
 *
 * @param way how isomorphic-git is given the library: its plugin alone by default.
 */
export function testInNode(
  title: string,
  topics: readonly string[],
  way = (context: ContractContext): ContractContext => context,
): void {
  let oracle: Oracle;
  let directory: string;
  let count = 0;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    oracle = await createOracle({ materialize: async (dir) => dir });
  });

  describe.each(topics)(`${title}, %s:`, (topic) => {
    for (const contractCase of contractCases[topic] ?? []) {
      it(contractCase.name, async () => {
        const dir = join(directory, `clone-${(count += 1)}`);
        await runCase(contractCase, way({ git, gitws, http: gitws.http, fs, dir, oracle }));
      });
    }
  });
}
