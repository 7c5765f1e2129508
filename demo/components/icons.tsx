/** The page's icons: strokes on a 16 × 16 grid, in the colour of the text around them. */

const paths = {
  folder: 'M2 4.5v8h12v-7H8L6.5 4H2.5z',
  folderOpen: 'M2 12.5v-9h4.5L8 5h5v2M2 12.5 4 7h10.5l-2 5.5z',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3',
  image: 'M2.5 3.5h11v9h-11zM2.5 11l3.5-3.5 3 3 2-2 2.5 2.5M10.5 6h.01',
  link: 'M6.5 9.5 9.5 6.5M7 5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 9M9 11l-1.5 1.5a2.8 2.8 0 0 1-4-4L5 7',
  terminal: 'M2.5 3.5h11v9h-11zM5 6.5 7 8 5 9.5M8.5 10h2.5',
  box: 'M8 2 13.5 5v6L8 14l-5.5-3V5zM2.5 5 8 8l5.5-3M8 8v6',
  chevron: 'M6 4l4 4-4 4',
  down: 'M4 6l4 4 4-4',
  up: 'M4 10l4-4 4 4',
  branch:
    'M5 5.5v5M5 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11 7a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11 7c0 2.5-6 1.5-6 3.5',
  merge:
    'M5 5.5v5M5 5.5c0 3 2 3.5 4.5 3.5M5 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11 10.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z',
  tag: 'M2.5 2.5h5l6 6-5 5-6-6zM5.5 5.5h.01',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9M6.8 7v4M9.2 7v4',
  undo: 'M3 3v4h4M3.5 7a5 5 0 1 1 1 4.5',
  save: 'M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5 13V9.5h6V13',
  download: 'M8 2.5v7.5M5 7l3 3 3-3M3 13h10',
  pull: 'M8 2.5v9M4.5 8 8 11.5 11.5 8M4 13.5h8',
  push: 'M8 13.5v-9M4.5 8 8 4.5 11.5 8M4 2.5h8',
  sync: 'M13 6.5A5.2 5.2 0 0 0 3.6 5M3 9.5A5.2 5.2 0 0 0 12.4 11M3.5 2.5V5H6M12.5 13.5V11H10',
  check: 'M3 8.5 6.5 12 13 4.5',
  alert: 'M8 2.5 14 13H2zM8 6.5v3M8 11.2h.01',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5V11M8 5.2h.01',
  history: 'M8 4.5V8l2.5 1.5M8 14A6 6 0 1 0 2.8 5M2.5 2.5V5H5',
  edit: 'M3 13h2.5L13 5.5 10.5 3 3 10.5z',
  clone: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  columns: 'M2.5 3h11v10h-11zM8 3v10',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3 13.5 13.5',
} as const;

export type IconName = keyof typeof paths;

/** Says nothing to a screen reader: what it stands for is said beside it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** gitws: a branch that goes through a tunnel and comes back. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path d="M8 11h16M8 21h16" class="mark-wall" />
      <path d="M7 16h6.5c3 0 2.5-5 5.5-5M13.5 16H25" class="mark-wire" />
      <circle cx="7" cy="16" r="2.4" class="mark-node" />
      <circle cx="25" cy="16" r="2.4" class="mark-node" />
    </svg>
  );
}
