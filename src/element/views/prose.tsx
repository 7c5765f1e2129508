/** A text in Markdown as a page, with links into the repository and pictures out of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatFragment } from '../place.js';
import type { Commit, Objects } from '../model/objects.js';
import { pictureType } from '../model/text.js';
import { pictureBlob } from '../text/picture.js';
import type { Session } from '../session.js';
import { Failed, Skeleton } from './states.js';

export function Prose(props: {
  readonly session: Session;
  readonly commit: Commit;
  readonly objects: Objects;
  readonly path: string;
  readonly text: string;
}) {
  const { session, commit, objects, path, text } = props;
  const root = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<{ isDone: boolean; error?: unknown }>({ isDone: false });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const urls: string[] = [];
    const lay = async (): Promise<void> => {
      const { renderMarkdown } = await import('../text/untrusted.js');
      if (signal.aborted || root.current === null) return;
      const { remoteImages, permalinks } = session.settings;
      const { ref } = session.state.place;
      const fragment = renderMarkdown(text, {
        ...{ path, remoteImages },
        hrefOf: (to) => `#${formatFragment({ ref, path: to, view: 'file' }, permalinks ?? '')}`,
      });
      root.current.replaceChildren(fragment);
      setState({ isDone: true });
      const pictures = [...root.current.querySelectorAll<HTMLImageElement>('img[data-path]')];
      await Promise.all([
        ...pictures.map((image) => fill(image, objects, commit.tree, urls, signal)),
        colour(root.current),
      ]);
    };
    lay().catch((error: unknown) => !signal.aborted && setState({ isDone: false, error }));
    return () => {
      controller.abort();
      for (const url of urls) URL.revokeObjectURL(url);
    };
  }, [text, path, commit.tree, round, session.settings.remoteImages]);
  return (
    <>
      {state.error !== undefined && (
        <Failed
          failure={session.failureOf(state.error)}
          again={() => {
            setState({ isDone: false });
            setRound(round + 1);
          }}
        />
      )}
      {!state.isDone && state.error === undefined && <Skeleton />}
      {/* Its content is not Preact's. */}
      <div class="prose" part="prose" ref={root} onClick={(event) => follow(event, session)} />
    </>
  );
}

/** Shows a picture of the repository; what is none, or cannot be had, keeps its words. */
async function fill(
  image: HTMLImageElement,
  objects: Objects,
  tree: string,
  urls: string[],
  signal: AbortSignal,
): Promise<void> {
  const path = image.dataset['path'] ?? '';
  const type = pictureType(path);
  if (type === undefined) return;
  try {
    const entry = await objects.find(tree, path);
    if (entry?.kind !== 'file') return;
    const blob = await pictureBlob(await objects.blob(entry.oid), type);
    if (signal.aborted) return;
    const url = URL.createObjectURL(blob);
    urls.push(url);
    image.src = url;
  } catch {
    image.classList.add('broken');
  }
}

/** Colours the code that says its language. */
async function colour(root: HTMLElement): Promise<void> {
  const blocks = [...root.querySelectorAll<HTMLElement>('pre > code[class^="language-"]')];
  if (blocks.length === 0) return;
  const { highlight } = await import('../text/highlight.js');
  for (const block of blocks.slice(0, 100)) {
    const lines = highlight(block.textContent, block.className.slice('language-'.length));
    if (lines === undefined) continue;
    const nodes = lines.flatMap((line, index) => [
      ...(index === 0 ? [] : ['\n']),
      ...line.map(({ text, name }) => {
        if (name === '') return text;
        const span = root.ownerDocument.createElement('span');
        span.className = name;
        span.textContent = text;
        return span;
      }),
    ]);
    block.replaceChildren(...nodes);
  }
}

/** A click on a link into the repository, or to a heading, stays in the element. */
function follow(event: MouseEvent, session: Session): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>(
    'a[data-path], a[data-heading]',
  );
  if (link === null || event.defaultPrevented || event.button !== 0) return;
  const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  // Without permalinks the address leads nowhere in another tab.
  if (isElsewhere && session.settings.permalinks !== undefined) return;
  event.preventDefault();
  const { path, heading } = link.dataset;
  if (path !== undefined) {
    session.go({ path });
    return;
  }
  const root = link.getRootNode() as ShadowRoot;
  let name = heading ?? '';
  try {
    name = decodeURIComponent(name);
  } catch {
    // As it stands, then.
  }
  const target = root.getElementById(`user-content-${name}`);
  target?.scrollIntoView();
  target?.setAttribute('tabindex', '-1');
  target?.focus({ preventScroll: true });
}
