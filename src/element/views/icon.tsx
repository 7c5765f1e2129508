/** Small pictures that say nothing to a screen reader: what they stand for is said beside them. */
const paths = {
  folder:
    'M2 4.2c0-.7.5-1.2 1.2-1.2h2.6l1.5 1.8h5.5c.7 0 1.2.5 1.2 1.2v5.8c0 .7-.5 1.2-1.2 1.2H3.2c-.7 0-1.2-.5-1.2-1.2z',
  file: 'M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5',
  link: 'M6.5 9.5l3-3M7 5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 9M9 11l-1.5 1.5a2.8 2.8 0 0 1-4-4L5 7',
  submodule: 'M8 2l5.5 3v6L8 14l-5.5-3V5zM2.5 5L8 8l5.5-3M8 8v6',
  chevron: 'M6 4l4 4-4 4',
  down: 'M4 6l4 4 4-4',
  branch:
    'M5 5.5v5M5 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11 7a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11 7c0 2.5-6 1.5-6 3.5',
  tag: 'M2.5 2.5h5l6 6-5 5-6-6zM5.5 5.5h.01',
  close: 'M4 4l8 8M12 4l-8 8',
  download: 'M8 2.5V10M5 7l3 3 3-3M3 13h10',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  check: 'M3 8.5L6.5 12 13 4.5',
  alert: 'M8 2.5L14 13H2zM8 6.5v3M8 11.2h.01',
  cloud: 'M4.5 12.5a3 3 0 0 1-.3-6A4 4 0 0 1 12 7a2.8 2.8 0 0 1-.5 5.5zM2 2l12 12',
  lock: 'M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  history: 'M8 4.5V8l2.5 1.5M8 14A6 6 0 1 0 2.8 5M2.5 2.5V5H5',
  edit: 'M3 13h2.5l7.5-7.5L10.5 3 3 10.5z',
  tree: 'M2.5 3.5h11M2.5 8h7M2.5 12.5h9',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
