/** The drawing beside a commit: lines of history that come from above, end, begin and pass. */
import type { GraphRow } from '../worker/lanes.js';

/** Between two lanes, in pixels; the first is half as far from the edge. */
const gap = 12;
/** Where the commit stands, from above. The style sheet has its title there. */
const middle = 19;
/** Where lines have come to their lanes. */
const bent = 40;
/** Lanes that are told apart; all others share the last one. */
const mostLanes = 9;
const colours = 6;

/** @returns the width of a drawing that has all of these. */
export function graphWidth(rows: readonly (GraphRow | undefined)[]): number {
  let last = 0;
  for (const row of rows) {
    if (row === undefined) continue;
    for (const lane of [row.lane, ...row.above, ...row.below, ...row.passing]) {
      last = Math.max(last, lane);
    }
  }
  return (Math.min(last, mostLanes - 1) + 1) * gap + 6;
}

export function Graph({ row, width, isMerge }: GraphProps) {
  const { lane, above, below, passing } = row;
  const at = place(lane);
  return (
    <svg class="graph" width={width} aria-hidden="true">
      {passing.map((each) => (
        <line
          class={colourOf(each)}
          x1={place(each)}
          x2={place(each)}
          y1="0"
          y2="100%"
          key={each}
        />
      ))}
      {above.map((each) => (
        <path class={colourOf(each)} d={curve(place(each), 0, at, middle)} key={`above ${each}`} />
      ))}
      {below.map((each) => (
        <g class={colourOf(each === lane ? lane : each)} key={`below ${each}`}>
          <path d={curve(at, middle, place(each), bent)} />
          <line x1={place(each)} x2={place(each)} y1={bent} y2="100%" />
        </g>
      ))}
      <circle
        class={`${colourOf(lane)} ${isMerge ? 'graph-merge' : ''}`}
        cx={at}
        cy={middle}
        r="4.5"
      />
    </svg>
  );
}

interface GraphProps {
  readonly row: GraphRow;
  /** Of the whole drawing, in pixels. */
  readonly width: number;
  readonly isMerge: boolean;
}

function place(lane: number): number {
  return Math.min(lane, mostLanes - 1) * gap + gap / 2 + 3;
}

function colourOf(lane: number): string {
  return `lane-${lane % colours}`;
}

function curve(x: number, y: number, toX: number, toY: number): string {
  if (x === toX) return `M${x} ${y}V${toY}`;
  const between = (y + toY) / 2;
  return `M${x} ${y}C${x} ${between} ${toX} ${between} ${toX} ${toY}`;
}
