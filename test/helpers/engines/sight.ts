/** Runs in a page of any engine: finds what a person points at, by its role and its name. */
import { computeAccessibleName, getRole } from 'dom-accessibility-api';

/** What is looked for, as JSON has it. */
export interface Wanted {
  readonly role: string;
  /** Its accessible name, or a regular expression for it. */
  readonly name: string | { readonly source: string; readonly flags: string };
}

/** Where it is in the window, in CSS pixels; or why nobody could click it. */
export type Found = { readonly x: number; readonly y: number } | { readonly missing: string };

/** Brings it into view, and waits until it stands still. */
export async function find(wanted: Wanted): Promise<Found> {
  const { found, names } = search(wanted);
  const [element] = found;
  if (element === undefined) return { missing: `there are ${names.join(', ')}` };
  element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  const before = middleOf(element);
  await new Promise(requestAnimationFrame);
  const now = middleOf(element);
  if (before.x !== now.x || before.y !== now.y) return { missing: 'it moves' };
  const top = topmostAt(now.x, now.y);
  if (!isInside(top, element)) return { missing: `it is behind ${top?.outerHTML ?? 'nothing'}` };
  if (element.matches(':disabled, [aria-disabled=true]')) return { missing: 'it is disabled' };
  return now;
}

/** @returns what the elements show, or the values of the fields, that are seen. */
export function read(wanted: Wanted): string[] {
  return search(wanted).found.map((element) =>
    element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement
      ? element.value
      : element.innerText,
  );
}

/** @returns the elements that are seen, and the names of all of that role. */
function search({ role, name }: Wanted): { found: HTMLElement[]; names: string[] } {
  const ofRole = [...everything(document)].filter((one) => getRole(one) === role);
  const seen = ofRole.filter((one) => one.checkVisibility({ visibilityProperty: true }));
  const names = seen.map((one) => computeAccessibleName(one));
  const isName =
    typeof name === 'string'
      ? (found: string) => found === name
      : (found: string) => new RegExp(name.source, name.flags).test(found);
  return { found: seen.filter((_, index) => isName(names[index] ?? '')), names };
}

/** All elements, also those that custom elements are made of. */
function* everything(root: ParentNode): Generator<HTMLElement> {
  for (const element of root.querySelectorAll<HTMLElement>('*')) {
    yield element;
    if (element.shadowRoot !== null) yield* everything(element.shadowRoot);
  }
}

function middleOf(element: Element): { x: number; y: number } {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
}

function topmostAt(x: number, y: number): Element | null {
  let top = document.elementFromPoint(x, y);
  for (;;) {
    const inner = top?.shadowRoot?.elementFromPoint(x, y) ?? null;
    if (inner === null || inner === top) return top;
    top = inner;
  }
}

function isInside(inner: Element | null, outer: Element): boolean {
  return inner !== null && (outer.contains(inner) || isLabelOf(inner, outer));
}

/** A field that cannot be seen itself is clicked by its label. */
function isLabelOf(inner: Element, field: Element): boolean {
  return field instanceof HTMLInputElement && inner.closest('label')?.control === field;
}
