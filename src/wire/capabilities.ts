/**
 * Capability lists, as servers announce and clients ask for them (gitprotocol-capabilities(5),
 * gitprotocol-v2(5)). Syntax only: what a capability means is not known here.
 */

/**
 * Capability name → its values, in the order they came; `[]` when it came without one. A name may
 * come several times with different values (`symref`).
 */
export type Capabilities = ReadonlyMap<string, readonly string[]>;

/** One capability: `agent=git/2.39.5`, or just `ofs-delta`. */
export interface Capability {
  readonly name: string;
  readonly value: string | undefined;
}

/** @param text one capability. All behind the first `=` is its value. */
export function parseCapability(text: string): Capability {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: text, value: undefined };
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** Gathers single capabilities into one list. */
export function collectCapabilities(capabilities: Iterable<Capability>): Capabilities {
  const collected = new Map<string, string[]>();
  for (const { name, value } of capabilities) {
    const values = collected.get(name) ?? [];
    if (value !== undefined) values.push(value);
    collected.set(name, values);
  }
  return collected;
}

/** @param text capabilities with spaces between them, as behind the NUL of a first line. */
export function parseCapabilities(text: string): Capabilities {
  return collectCapabilities(
    text
      .split(' ')
      .filter((word) => word !== '')
      .map(parseCapability),
  );
}

/** The text that {@link parseCapabilities} reads. */
export function formatCapabilities(capabilities: Capabilities): string {
  return [...capabilities]
    .flatMap(([name, values]) =>
      values.length === 0 ? [name] : values.map((value) => `${name}=${value}`),
    )
    .join(' ');
}
