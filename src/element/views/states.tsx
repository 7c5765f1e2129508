/** What is shown while there is nothing else: loading, empty, missing, failed. */
import type { ComponentChildren } from 'preact';
import type { Failure } from '../model/failure.js';
import type { Progress } from '../model/repository.js';
import { Icon, type IconName } from './icon.js';

/** A sentence in the middle, and what can be done. */
export function Statement(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="statement" part="state">
      <Icon name={props.icon} />
      <p class="statement-title">{props.title}</p>
      {props.children}
    </div>
  );
}

const icons: Partial<Record<Failure['kind'], IconName>> = { offline: 'cloud', 'sign-in': 'lock' };

export function Failed({
  failure,
  again,
}: {
  readonly failure: Failure;
  readonly again: () => void;
}) {
  return (
    <div role="alert">
      <Statement icon={icons[failure.kind] ?? 'alert'} title={failure.title}>
        <p>{failure.text}</p>
        <button type="button" class="button" onClick={again}>
          {failure.kind === 'sign-in' ? 'Sign in' : 'Try again'}
        </button>
      </Statement>
    </div>
  );
}

/** Grey lines where words will be. It comes late, so that what is fast does not flicker. */
export function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[38, 92, 84, 96, 60, 0, 88, 94, 45].map((width, index) => (
        <span key={index} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}

/** How far a fetch is. */
export function Loading({ progress }: { readonly progress: Progress | undefined }) {
  const { phase, loaded = 0, total } = progress ?? {};
  const part = total === undefined || total === 0 ? undefined : Math.min(1, loaded / total);
  return (
    <div class="loading" part="state">
      <div
        class="bar"
        role="progressbar"
        aria-label="Loading the repository"
        {...(part === undefined ? {} : { 'aria-valuenow': Math.round(part * 100) })}
      >
        <span
          class={part === undefined ? 'bar-unknown' : ''}
          style={part === undefined ? {} : { width: `${part * 100}%` }}
        />
      </div>
      <p class="loading-phase">
        {phase ?? 'Connecting'}
        {total !== undefined &&
          total > 0 &&
          ` ${loaded.toLocaleString('en')} of ${total.toLocaleString('en')}`}
      </p>
      <Skeleton />
    </div>
  );
}
