/** Copies something, and says so. */
import { useEffect, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

export function CopyButton(props: {
  readonly label: string;
  readonly text: () => string;
  readonly icon?: IconName;
}) {
  const [outcome, setOutcome] = useState('');
  useEffect(() => {
    if (outcome === '') return;
    const timer = setTimeout(() => setOutcome(''), 2_000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (): void => {
    // Not there in pages that came over http:.
    const { clipboard } = navigator as { clipboard?: Clipboard };
    const copying = clipboard?.writeText(props.text()) ?? Promise.reject(new Error('No clipboard'));
    copying.then(
      () => setOutcome('Copied'),
      () => setOutcome('It could not be copied'),
    );
  };
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={props.label}
        title={props.label}
        onClick={copy}
      >
        <Icon name={outcome === 'Copied' ? 'check' : (props.icon ?? 'copy')} />
      </button>
      <span class="hidden" role="status">
        {outcome}
      </span>
    </>
  );
}
