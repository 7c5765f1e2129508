/** The way of an edit to the server: commit, push, and what to do where others were faster. */
import { isCanceled, isStatus, whyRejected } from '../model/failure.js';
import { contentOf } from '../model/text.js';
import { commitEdit, pushCommit, type Edit } from '../model/writing.js';
import type { Session } from '../session.js';

/** What an edit started from. */
export interface Origin {
  /** A commit. */
  readonly base: string;
  readonly text: string;
}

/** What became of it. */
export type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'busy'; readonly text: string }
  | { readonly kind: 'done'; readonly oid: string }
  /** Others have pushed: one may catch up. */
  | { readonly kind: 'behind'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'merged'; readonly text: string };

/** See above. */
export class Publishing {
  readonly #session: Session;
  readonly #ref: string;
  readonly #path: string;
  #origin: Origin;

  constructor(session: Session, ref: string, path: string, origin: Origin) {
    this.#session = session;
    this.#ref = ref;
    this.#path = path;
    this.#origin = origin;
  }

  get origin(): Origin {
    return this.#origin;
  }

  /** @param tell says what is going on. @returns `done` only where the server's branch has moved. */
  async publish(
    edit: Pick<Edit, 'text' | 'message' | 'author'>,
    tell: (text: string) => void,
  ): Promise<Outcome> {
    const { repository, asking } = this.#session;
    const [ref, path] = [this.#ref, this.#path];
    try {
      const oid = await commitEdit(repository, { ...edit, path, base: this.#origin.base });
      this.#session.emit('gitws-commit', { oid, ref, path, message: edit.message });
      tell('Pushing…');
      await pushCommit(repository, ref, oid, asking.ask);
      this.#session.emit('gitws-push', { oid, ref, path });
      return { kind: 'done', oid };
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Outcome {
    const kept = 'Your text is still here.';
    if (isCanceled(error)) {
      return { kind: 'failed', text: `Not pushed: nobody signed in. ${kept}` };
    }
    const failure = this.#session.failed(error);
    if (isStatus(error, 401) || isStatus(error, 403) || failure.kind === 'offline') {
      return { kind: 'failed', text: `Not pushed. ${failure.text} ${kept}` };
    }
    const { isBehind, text } = whyRejected(error);
    if (isBehind) {
      const says = `Not pushed: somebody else has pushed to ${this.#ref} meanwhile. ${kept}`;
      return { kind: 'behind', text: says };
    }
    return { kind: 'failed', text: `Not pushed. The server says: ${text} ${kept}` };
  }

  /** Puts an edit on top of what the server has now. @returns its text where that is another. */
  async catchUp(mine: string): Promise<{ readonly outcome: Outcome; readonly text?: string }> {
    const { repository, asking } = this.#session;
    try {
      const tip = await repository.fetch(this.#ref, asking);
      if (tip.oid === undefined) throw new Error('The branch has no commits any more.');
      const objects = await repository.objects();
      const { tree } = await objects.commit(tip.oid);
      const entry = await objects.find(tree, this.#path);
      const bytes = entry?.kind === 'file' ? await objects.blob(entry.oid) : undefined;
      const content = bytes === undefined ? undefined : contentOf(this.#path, bytes);
      if (content?.kind !== 'text' || !content.isUtf8) {
        const text = 'The file is no longer there, or no longer a text. Copy your words elsewhere.';
        return { outcome: { kind: 'failed', text } };
      }
      const theirs = content.text.replaceAll('\r\n', '\n');
      const { mergeTexts } = await import('../text/merge.js');
      const merged = mergeTexts(this.#origin.text, mine, theirs);
      this.#origin = { base: tip.oid, text: theirs };
      const says = merged.isConflict
        ? 'Both of you changed the same lines. They stand in the text between <<<<<<< and >>>>>>>: keep what is right, and take the marks away.'
        : 'Your change is on top of the others now. Look at it, and commit again.';
      return { outcome: { kind: 'merged', text: says }, text: merged.text };
    } catch (error) {
      const { text } = this.#session.failed(error);
      return { outcome: { kind: 'behind', text: `${text} Your text is still here.` } };
    }
  }
}
