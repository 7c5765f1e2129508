/** What is going on now, or what came of the last thing that was done. */
import { useEffect, useState } from 'preact/hooks';
import { explainRejection } from '../words.js';
import { activity, notice, type Notice } from '../state/session.js';
import { IconButton } from './controls.js';
import { Icon } from './icons.js';
import { ActivityLine } from './Progress.js';

/** How long good news stays, in ms. What went wrong stays until it is put away. */
const goodNewsTime = 10_000;

const icons = { good: 'check', info: 'info', bad: 'alert' } as const;

/** Always there, so that a screen reader hears of what appears in it. */
export function Notices() {
  const running = activity.value;
  const last = notice.value;
  return (
    <div class="notices" role="status" aria-live="polite">
      {running !== undefined && running.kind !== 'clone' && <ActivityLine activity={running} />}
      {running === undefined && last !== undefined && <NoticeCard notice={last} />}
    </div>
  );
}

function NoticeCard({ notice: shown }: { readonly notice: Notice }) {
  const { tone, title, text, code, refs, remote, paths, actions = [] } = shown;
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (tone !== 'good' || isHeld) return;
    const timer = setTimeout(() => {
      if (notice.value === shown) notice.value = undefined;
    }, goodNewsTime);
    return () => clearTimeout(timer);
  }, [shown, tone, isHeld]);
  return (
    <div
      class="notice"
      data-tone={tone}
      {...(tone === 'bad' ? { role: 'alert' } : {})}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <span class="notice-icon">
        <Icon name={icons[tone]} />
      </span>
      <div class="notice-body">
        <p class="notice-title">{title}</p>
        {text !== undefined && text !== '' && <p class="notice-text">{text}</p>}
        {paths !== undefined && paths.length > 0 && (
          <ul class="notice-paths">
            {paths.map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
        )}
        {refs?.map(({ ref, ok, reason }) => (
          <p class="notice-ref" data-ok={ok} key={ref}>
            <Icon name={ok ? 'check' : 'close'} />
            <code>{ref.replace(/^refs\/(heads|tags)\//, '')}</code>
            {reason !== undefined && <span>{explainRejection(reason)}</span>}
          </p>
        ))}
        {remote !== undefined && remote.length > 0 && (
          <figure class="notice-remote">
            <figcaption>The server says</figcaption>
            <pre>{remote.join('\n')}</pre>
          </figure>
        )}
        {(code !== undefined || actions.length > 0) && (
          <p class="notice-foot">
            {actions.map(({ label, run }) => (
              <button type="button" class="button" onClick={run} key={label}>
                {label}
              </button>
            ))}
            {code !== undefined && <code class="code">{code}</code>}
          </p>
        )}
      </div>
      <IconButton
        icon="close"
        label="Put this message away"
        onClick={() => (notice.value = undefined)}
      />
    </div>
  );
}
