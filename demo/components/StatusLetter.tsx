/** git's letter for what happened to a file: a colour alone would not do. */
import type { FileStatus } from '../worker/status.js';

const letters = { same: '', added: 'A', modified: 'M', deleted: 'D' } as const;

export function StatusLetter({ status }: { readonly status: FileStatus }) {
  if (status === 'same') return null;
  return (
    <span class="status" data-status={status} title={status}>
      <span aria-hidden="true">{letters[status]}</span>
      <span class="hidden">{status}</span>
    </span>
  );
}
