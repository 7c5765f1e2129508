/** What is in a file: a page of Markdown, a picture, or text with its lines. */
import { isMarkdown } from '../model/text.js';
import { Code } from './code.js';
import { Picture } from './picture.js';
import { Prose } from './prose.js';
import type { OpenFile, ViewProps } from './shown.js';
import { Statement } from './states.js';
import { sizeOf } from './time.js';

/** Text that is longer is not laid out: Markdown in characters. */
const maxMarkdown = 400_000;

/** What is in a file. */
export function FileBody(props: ViewProps & { readonly file: OpenFile }) {
  const { session, state, commit, objects, file } = props;
  const { path, content, bytes } = file;
  if (content.kind === 'picture')
    return <Picture {...{ session, path, bytes }} type={content.type} />;
  if (content.kind === 'binary') {
    return (
      <Statement icon="file" title="Not a text">
        <p>{sizeOf(bytes.length)} that only another program can show. Download it to open it.</p>
      </Statement>
    );
  }
  // Whoever asks for a line wants to see it.
  const { lines } = state.place.path === path ? state.place : {};
  if (isMarkdown(path) && lines === undefined && content.text.length <= maxMarkdown) {
    return <Prose {...{ session, commit, objects, path }} text={content.text} />;
  }
  return (
    <>
      {!content.isUtf8 && <p class="remark">It is not UTF-8: some letters may be others.</p>}
      <Code
        {...{ path, lines }}
        text={content.text}
        onLines={(chosen) => session.go({ path, lines: chosen })}
      />
    </>
  );
}
