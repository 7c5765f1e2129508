/** What else may be said of a clone: how much of the repository comes, and by which way. */
import { asTyped } from './controls.js';
import { choices, type CloneChoices } from '../state/start.js';

const depths = [
  [0, 'All commits'],
  [1, 'The newest commit of each branch'],
  [50, 'The last 50 commits'],
  [1000, 'The last 1,000 commits'],
] as const;

export function CloneOptions({ isBusy }: { readonly isBusy: boolean }) {
  const { branch, depth, isPartial, gateway } = choices.value;
  return (
    <details class="clone-options">
      <summary>Options</summary>
      <fieldset disabled={isBusy} aria-label="Options of the clone">
        <div>
          <label class="label" for="clone-branch">
            Branch
          </label>
          <input
            id="clone-branch"
            class="input"
            {...asTyped}
            placeholder="the server’s own"
            value={branch}
            onInput={(event) => choose({ branch: event.currentTarget.value })}
          />
        </div>
        <div>
          <label class="label" for="clone-depth">
            History
          </label>
          <select
            id="clone-depth"
            class="input"
            value={depth}
            onChange={(event) => choose({ depth: Number(event.currentTarget.value) })}
          >
            {depths.map(([count, label]) => (
              <option value={count} key={count}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div class="wide">
          <label class="label" for="clone-gateway">
            Gateway
          </label>
          <input
            id="clone-gateway"
            class="input"
            type="text"
            inputMode="url"
            {...asTyped}
            placeholder="none: the address is on a gitws server"
            aria-describedby="clone-gateway-hint"
            value={gateway}
            onInput={(event) => choose({ gateway: event.currentTarget.value })}
          />
          <p id="clone-gateway-hint" class="hint">
            A gitws server that fetches from another host for you, such as wss://gateway.example.
          </p>
        </div>
        <label class="check wide">
          <input
            type="checkbox"
            checked={isPartial}
            onChange={(event) => choose({ isPartial: event.currentTarget.checked })}
          />
          Leave older versions of files on the server until they are looked at
        </label>
      </fieldset>
    </details>
  );
}

function choose(choice: Partial<CloneChoices>): void {
  choices.value = { ...choices.value, ...choice };
}
