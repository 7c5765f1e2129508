/**
 * The end of a process of Node, heard of by whoever has something to say before it. Elsewhere nothing
 * is heard, and a page that is closed closes its sockets itself.
 */

/** What to do at the end. */
export interface Farewell {
  /** Nothing is left to do: what is begun now is still waited for. */
  onIdle(): void;
  /** It ends now: only what is done before this returns is done. */
  onExit(): void;
}

interface EndingProcess {
  on?(event: 'beforeExit' | 'exit', listener: () => void): unknown;
  off?(event: 'beforeExit' | 'exit', listener: () => void): unknown;
}

const farewells = new Set<Farewell>();

const onIdle = (): void => {
  for (const farewell of farewells) farewell.onIdle();
};
const onExit = (): void => {
  for (const farewell of farewells) farewell.onExit();
};

/** Hears of the end from now on. @returns a function that stops that. */
export function beforeProcessEnds(farewell: Farewell): () => void {
  const { process } = globalThis as { readonly process?: EndingProcess };
  // One listener for all: Node takes more than ten for a leak.
  if (farewells.size === 0) process?.on?.('beforeExit', onIdle);
  if (farewells.size === 0) process?.on?.('exit', onExit);
  farewells.add(farewell);
  return () => {
    if (!farewells.delete(farewell) || farewells.size > 0) return;
    process?.off?.('beforeExit', onIdle);
    process?.off?.('exit', onExit);
  };
}
