/** The editor: one side, or two, each with its tabs and what they show. */
import { useEffect, useRef } from 'preact/hooks';
import { focusedPane, panes, type Pane } from '../state/panes.js';
import { FileView } from './FileView.js';
import { PaneContext } from './pane-context.js';
import { panelId, shownTabId, TabStrip } from './TabStrip.js';

export function EditorArea() {
  const shown = panes.value;
  return (
    <div class="editor-area" data-sides={shown.length}>
      {shown.map((pane, at) => (
        <Side pane={pane} label={`Side ${at + 1}`} key={pane.id} />
      ))}
    </div>
  );
}

/** @param label where there are two. */
function Side({ pane, label }: { readonly pane: Pane; readonly label: string }) {
  const root = useRef<HTMLElement>(null);
  const isSplit = panes.value.length > 1;
  const tab = shownTabId(pane);
  const wantsFocus = pane.wantsFocus.value;
  useEffect(() => {
    if (!wantsFocus) return;
    const editor = root.current?.querySelector<HTMLElement>('.cm-content');
    const shown = tab === undefined ? null : document.getElementById(tab);
    // Until the editor is there, and takes it.
    (editor ?? shown)?.focus();
    if (editor) pane.wantsFocus.value = false;
  }, [wantsFocus, tab]);
  const use = (): void => {
    focusedPane.value = pane;
  };
  return (
    <PaneContext.Provider value={pane}>
      <section
        class="side"
        ref={root}
        aria-label={isSplit ? label : undefined}
        data-focused={pane === focusedPane.value}
        onFocusIn={use}
        onPointerDown={use}
      >
        <TabStrip pane={pane} />
        <div
          class="side-body"
          id={panelId(pane)}
          role={tab === undefined ? undefined : 'tabpanel'}
          aria-labelledby={tab}
        >
          <FileView />
        </div>
      </section>
    </PaneContext.Provider>
  );
}
