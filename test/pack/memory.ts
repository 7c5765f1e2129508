/** The engine on a machine with little memory: its own WebAssembly, but for the most it may have. */

const memorySection = 5;

/**
 * @param wasm the engine, whose memory has no maximum.
 * @param pages 64 KiB each. If there are fewer than it begins with: as many as it begins with.
 * @returns the same module; beyond the pages, memory.grow is refused.
 */
export function withMostMemory(wasm: Uint8Array, pages: number): Uint8Array {
  for (let at = 8; at < wasm.length;) {
    const id = wasm[at];
    const [size, body] = readNumber(wasm, at + 1);
    if (id === memorySection) {
      // One memory, without a maximum.
      if (wasm[body] !== 1 || wasm[body + 1] !== 0) throw new Error('the memory is another one');
      const [least] = readNumber(wasm, body + 2);
      const limits = [1, 1, ...formatNumber(least), ...formatNumber(Math.max(least, pages))];
      return Buffer.concat([
        wasm.subarray(0, at),
        Buffer.from([memorySection, ...formatNumber(limits.length), ...limits]),
        wasm.subarray(body + size),
      ]);
    }
    at = body + size;
  }
  throw new Error('there is no memory');
}

function readNumber(bytes: Uint8Array, from: number): [value: number, behind: number] {
  let value = 0;
  for (let at = from, shift = 0; ; at += 1, shift += 7) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at + 1];
  }
}

function formatNumber(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...formatNumber(value >>> 7)];
}
