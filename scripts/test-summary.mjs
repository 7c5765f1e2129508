/**
 * Adds up what Vitest's JSON reports in test-results/ say and prints it as one plain line, the
 * last one of .ci/run. Fails if a test failed, or if none ran.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Report the part of a report that is read here.
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {boolean} success false also where a file failed before its first test.
 */

const folder = fileURLToPath(new URL('../test-results', import.meta.url));
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const name of existsSync(folder) ? readdirSync(folder) : []) {
  if (!name.endsWith('.json')) continue;
  const text = readFileSync(join(folder, name), 'utf8');
  const report = /** @type {Report} */ (JSON.parse(text));
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests;
  sum.skipped += report.numPendingTests + report.numTodoTests;
  if (!report.success) process.exitCode = 1;
}
if (sum.failed > 0 || sum.passed === 0) process.exitCode = 1;
if (sum.passed + sum.failed === 0) console.error('No test ran.');
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
