/** What the views of a commit take. */
import type { Commit, Objects, TreeEntry } from '../model/objects.js';
import type { Content } from '../model/text.js';
import type { Session, State } from '../session.js';

/** What every view of a commit takes. */
export interface ViewProps {
  readonly session: Session;
  readonly state: State;
  readonly commit: Commit;
  readonly objects: Objects;
}

/** A file with all of its bytes. */
export interface OpenFile {
  readonly path: string;
  readonly entry: TreeEntry;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly content: Content;
}

export type Found =
  | { readonly kind: 'missing' }
  | { readonly kind: 'folder'; readonly entries: readonly TreeEntry[]; readonly readme?: OpenFile }
  | { readonly kind: 'file'; readonly file: OpenFile }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'submodule'; readonly oid: string };
