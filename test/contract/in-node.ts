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

/** What is tried, and how. */
interface Trial {
  /** All by default. */
  readonly topics?: readonly string[];
  /** By a case's topic, and its number there; all of them by default. */
  readonly isWanted?: (topic: string, index: number) => boolean;
  /** How isomorphic-git is given the library: its plugin alone by default. */
  readonly way?: (context: ContractContext) => ContractContext;
}

/** Defines its tests. */
export function testInNode(
  title: string,
  {
    topics = Object.keys(contractCases),
    isWanted = () => true,
    way = (context) => context,
  }: Trial = {},
): void {
  let oracle: Oracle;
  let directory: string;
  let count = 0;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    oracle = await createOracle({ materialize: async (dir) => dir });
  });

  const wanted = topics.filter((topic) =>
    contractCases[topic]?.some((_, index) => isWanted(topic, index)),
  );
  describe.each(wanted)(`${title}, %s:`, (topic) => {
    for (const [index, contractCase] of (contractCases[topic] ?? []).entries()) {
      if (!isWanted(topic, index)) continue;
      it(contractCase.name, async () => {
        const dir = join(directory, `clone-${(count += 1)}`);
        await runCase(contractCase, way({ git, gitws, http: gitws.http, fs, dir, oracle }));
      });
    }
  });
}
