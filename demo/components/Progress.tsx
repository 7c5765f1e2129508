/** How far something is: the whole way of a clone, and the short line of everything else. */
import { useEffect, useState } from 'preact/hooks';
import { formatBytes } from '../format.js';
import { fraction, steps, type Progress, type Step } from '../repository/progress.js';
import type { Activity } from '../state/session.js';

const stages: readonly { readonly step: Step; readonly label: string }[] = [
  { step: 'prepare', label: 'Server' },
  { step: 'receive', label: 'Receive' },
  { step: 'index', label: 'Index' },
  { step: 'checkout', label: 'Check out' },
];

/** A clone on its way from the server into this browser, stage by stage. */
export function CloneProgress({ activity }: { readonly activity: Activity }) {
  const { title, progress, cancel } = activity;
  return (
    <section class="clone-progress" aria-label={title}>
      <div class="clone-head">
        <h2>{title}</h2>
        <button type="button" class="button" onClick={cancel}>
          Cancel
        </button>
      </div>
      <div
        class="track"
        role="progressbar"
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(overall(progress) * 100)}
        aria-valuetext={progress.label}
      >
        {stages.map(({ step, label }) => (
          <div
            class="stage"
            data-state={stateOf(step, progress)}
            data-known={fraction(progress) !== undefined}
            key={step}
          >
            <div class="stage-bar">
              <div class="stage-fill" style={{ width: `${share(step, progress) * 100}%` }} />
            </div>
            <span class="stage-label">{label}</span>
          </div>
        ))}
      </div>
      <div class="clone-figures">
        <span aria-live="polite">{labelOf(activity)}…</span>
        <span class="figure">{objects(progress)}</span>
        <span class="figure">{progress.bytes > 0 ? formatBytes(progress.bytes) : ''}</span>
        <Seconds activity={activity} />
      </div>
    </section>
  );
}

/** One line with a bar: for what happens while a repository is open. */
export function ActivityLine({ activity }: { readonly activity: Activity }) {
  const { title, progress, interruption, cancel } = activity;
  const known = fraction(progress);
  return (
    <div class="notice activity">
      <div class="activity-text">
        <strong>{title}</strong>
        <span aria-live="polite">
          {labelOf(activity)}
          {interruption === undefined && progress.bytes > 0 && `, ${formatBytes(progress.bytes)}`}
        </span>
      </div>
      {cancel !== undefined && (
        <button type="button" class="button" onClick={cancel}>
          Cancel
        </button>
      )}
      <div
        class="bar-line"
        role="progressbar"
        aria-label={title}
        aria-valuetext={progress.label}
        {...(known === undefined ? {} : { 'aria-valuenow': Math.round(known * 100) })}
        data-known={known !== undefined}
      >
        <div style={{ width: `${(known ?? 0.3) * 100}%` }} />
      </div>
    </div>
  );
}

/** What is being done, or what it waits for. */
function labelOf({ waitsSince, interruption, progress }: Activity): string {
  if (waitsSince !== undefined) return 'Waiting for you to sign in';
  return interruption ?? progress.label;
}

/** A clock, which stands still while a person is asked something. */
function Seconds({ activity }: { readonly activity: Activity }) {
  const { startedAt, waitsSince } = activity;
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 100);
    return () => clearInterval(timer);
  }, []);
  const passed = Math.max(0, (waitsSince ?? now) - startedAt);
  return <span class="figure seconds">{(passed / 1000).toFixed(1)} s</span>;
}

function stateOf(step: Step, progress: Progress): 'done' | 'now' | 'later' {
  const current = progress.step === 'connect' ? 'prepare' : progress.step;
  if (step === current) return 'now';
  return steps.indexOf(step) < steps.indexOf(current) ? 'done' : 'later';
}

/** The part of a stage's bar that is filled; a stage without numbers fills it, and moves. */
function share(step: Step, progress: Progress): number {
  const state = stateOf(step, progress);
  if (state !== 'now') return state === 'done' ? 1 : 0;
  return progress.step === 'connect' ? 0.08 : (fraction(progress) ?? 1);
}

function overall(progress: Progress): number {
  return stages.reduce((sum, { step }) => sum + share(step, progress), 0) / stages.length;
}

function objects({ step, loaded, total }: Progress): string {
  if (total <= 0 || step === 'receive' || step === 'send') return '';
  const what = step === 'checkout' ? 'files' : 'objects';
  return `${loaded.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`;
}
