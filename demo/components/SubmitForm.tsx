/** A form that Ctrl+Enter sends as its button does: in a text of several lines Enter is a new line. */
import type { ComponentChildren } from 'preact';

export function SubmitForm({
  onSubmit,
  children,
}: {
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <form
      class="commit-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onSubmit();
      }}
    >
      {children}
    </form>
  );
}
