/** What all dialogs have in common. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface FrameProps {
  readonly title: string;
  readonly onCancel: () => void;
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/** The browser's own dialog keeps the focus inside and gives it back. */
export function Frame({ title, onCancel, onSubmit, children }: FrameProps) {
  const root = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = root.current;
    shown?.showModal();
    // Only a dialog that is closed gives the focus back to where it was.
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={root}
      class="dialog"
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        {children}
      </form>
    </dialog>
  );
}
