/**
 * The one place that decides which object formats this library can work with.
 */
import { GitWsError } from '../base/errors.js';
import { quoteText } from './text.js';
import type { Capabilities } from './capabilities.js';

/**
 * Refuses a repository whose objects are not named by SHA-1: isomorphic-git cannot read it, and
 * would say so much later and less clearly.
 *
 * @param capabilities an advertisement's. Where `object-format` is repeated, the first one is the
 *   repository's own; where it is missing, SHA-1 is meant (gitprotocol-capabilities).
 * @throws GitWsError UNSUPPORTED_OBJECT_FORMAT
 */
export function checkObjectFormat(capabilities: Capabilities): void {
  const objectFormat = capabilities.get('object-format')?.[0] ?? 'sha1';
  // Defence: other object formats are refused.
  if (objectFormat === 'sha1') return;
  throw new GitWsError(
    'UNSUPPORTED_OBJECT_FORMAT',
    `The repository uses the object format ${quoteText(objectFormat)}; only sha1 is supported.`,
    { data: { objectFormat } },
  );
}
