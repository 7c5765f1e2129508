/** The button at a change of a text, by which its lines are staged or go back. */
import type { ChunkAction } from '../editor/chunks.js';
import type { Versions } from '../worker/changes.js';
import type { FileContent } from '../worker/files.js';
import { stageLines } from './stage.js';

/**
 * @param versions the two that are compared.
 * @returns undefined where nothing but the whole file can be staged.
 */
export function chunkAction(
  path: string,
  between: 'staged' | 'unstaged',
  { before, after }: Versions,
): ChunkAction | undefined {
  if (!isText(before) || !isText(after)) return undefined;
  const isStaged = between === 'staged';
  const [was, is] = [before?.text, after?.text];
  return {
    label: isStaged ? 'Unstage' : 'Stage',
    title: isStaged
      ? 'Take these lines out of the next commit'
      : 'Take these lines into the next commit',
    run: ({ before: from, after: to, text }) => {
      // The index is the newer one of what is staged, and the older one of what is not.
      const texts = isStaged ? { staged: is, other: was } : { staged: was, other: text ?? is };
      const change = isStaged ? { staged: to, other: from } : { staged: from, other: to };
      void stageLines({ path, isStaged, ...texts, change });
    },
  };
}

function isText(
  content: FileContent | undefined,
): content is Extract<FileContent, { kind: 'text' }> | undefined {
  return content === undefined || content.kind === 'text';
}
