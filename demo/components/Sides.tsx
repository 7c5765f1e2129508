/** The files that both sides changed: what clashes in each, and whose version is taken. */
import { useState } from 'preact/hooks';
import { formatCount } from '../format.js';
import type { ConflictedFile } from '../worker/conflicts.js';
import type { Place, Side } from '../worker/merge-lines.js';
import type { SidesQuestion } from '../state/dialogs.js';
import { Frame } from './Frame.js';

export function Sides({ question }: { readonly question: SidesQuestion }) {
  const { them, files, answer } = question;
  const [sides, setSides] = useState<ReadonlyMap<string, Side>>(new Map());
  const left = files.length - sides.size;
  const submit = (): void => {
    if (left === 0) answer(sides);
  };
  return (
    <Frame
      title="Choose file by file"
      class="dialog-wide"
      onCancel={() => answer(undefined)}
      onSubmit={submit}
    >
      <p>
        What only one side changed is kept from both. Whichever you take, both versions stay in the
        history, and nothing is pushed yet.
      </p>
      {files.map((file, index) => (
        <FileSides
          file={file}
          them={them}
          index={index}
          side={sides.get(file.path)}
          choose={(side) => setSides(new Map(sides).set(file.path, side))}
          key={file.path}
        />
      ))}
      <div class="dialog-buttons">
        <button class="button primary" disabled={left > 0}>
          {left > 0 ? `${formatCount(left, 'file')} to choose` : 'Join both sides'}
        </button>
        <button type="button" class="button" onClick={() => answer(undefined)}>
          Cancel
        </button>
      </div>
    </Frame>
  );
}

interface FileSidesProps {
  readonly file: ConflictedFile;
  readonly them: string;
  readonly index: number;
  readonly side: Side | undefined;
  readonly choose: (side: Side) => void;
}

function FileSides({ file, them, index, side, choose }: FileSidesProps) {
  const { path, places } = file;
  return (
    <fieldset class="clash">
      <legend>{path}</legend>
      <p class="hint">{describe(file, them)}</p>
      {places?.map((place) => (
        <PlaceView place={place} them={them} key={place.line} />
      ))}
      <div class="segments">
        {(['mine', 'theirs'] as const).map((each, at) => (
          <label key={each}>
            <input
              type="radio"
              name={`side-${index}`}
              autoFocus={index === 0 && at === 0}
              checked={side === each}
              onChange={() => choose(each)}
            />
            <span>{labelOf(file, them, each)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function labelOf(file: ConflictedFile, them: string, side: Side): string {
  if (file[side] === 'deleted') return side === 'mine' ? 'Delete it, as I did' : 'Delete it';
  return side === 'mine' ? 'Keep mine' : `Take ${them}’s`;
}

function describe({ mine, theirs, places }: ConflictedFile, them: string): string {
  if (mine === 'deleted') return `You deleted it; ${them} has changed it.`;
  if (theirs === 'deleted') return `You changed it; ${them} has deleted it.`;
  const both = mine === 'added' ? 'Both sides made this file' : 'Both sides changed it';
  if (places === undefined) return `${both}. It is no text: one version of it is taken whole.`;
  return `${both}, and they clash in ${formatCount(places.length, 'place')}:`;
}

function PlaceView({ place, them }: { readonly place: Place; readonly them: string }) {
  return (
    <div class="place">
      <Version label={`Mine, line ${place.line}`} text={place.mine} />
      <Version label={`${them}’s`.replace(/^the /, 'The ')} text={place.theirs} />
    </div>
  );
}

function Version({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <figure>
      <figcaption>{label}</figcaption>
      {/* Long lines scroll: the keyboard must be able to, too. */}
      <pre tabIndex={0} aria-label={label}>
        {text === '' ? '(nothing)' : text}
      </pre>
    </figure>
  );
}
