/**
 * Whether something keeps a process of Node from ending: a timer, a socket. In a browser nothing does,
 * and timers are numbers.
 */

/** What Node's timers and sockets have. */
export interface Holdable {
  ref?(): unknown;
  unref?(): unknown;
}

/** Whether this is Node, or what says that it is. */
export function isNode(): boolean {
  const { process } = globalThis as { readonly process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}

/** Whether `thing` can be told not to keep a process, or there is none. */
export function canHold(thing: unknown): boolean {
  if (!isNode()) return true;
  return typeof (thing as Holdable | null | undefined)?.unref === 'function';
}

/** @param thing a timer, a socket, or nothing. @param held whether the process stays for it. */
export function hold(thing: unknown, held: boolean): void {
  if (typeof thing !== 'object' || thing === null) return;
  const holdable = thing as Holdable;
  if (held) holdable.ref?.();
  else holdable.unref?.();
}
