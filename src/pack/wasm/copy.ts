/**
 * Copies that are quick for few bytes. They write, and read, up to 31 bytes more than asked for:
 * all that is ever copied to has slack behind it.
 */

/** Copies `length` bytes between places that do not overlap. */
export function copyBytes(to: usize, from: usize, length: usize): void {
  if (length > 512) {
    memory.copy(to, from, length);
  } else if (ASC_FEATURE_SIMD) {
    v128.store(to, v128.load(from));
    if (length > 16) {
      v128.store(to, v128.load(from, 16), 16);
      if (length > 32) {
        const end = to + length;
        to += 32;
        from += 32;
        do {
          v128.store(to, v128.load(from));
          v128.store(to, v128.load(from, 16), 16);
          to += 32;
          from += 32;
        } while (to < end);
      }
    }
  } else {
    const end = to + length;
    do {
      store<u64>(to, load<u64>(from));
      store<u64>(to, load<u64>(from, 8), 8);
      to += 16;
      from += 16;
    } while (to < end);
  }
}

/** Copies a match of deflate: `length` bytes from `distance` bytes before `to`, which may overlap. */
export function copyMatch(to: usize, distance: usize, length: usize): void {
  let from = to - distance;
  const end = to + length;
  if (ASC_FEATURE_SIMD && distance >= 16) {
    do {
      v128.store(to, v128.load(from));
      to += 16;
      from += 16;
    } while (to < end);
  } else if (distance >= 8) {
    do {
      store<u64>(to, load<u64>(from));
      to += 8;
      from += 8;
    } while (to < end);
  } else if (distance == 1) {
    const eight: u64 = <u64>load<u8>(from) * 0x0101010101010101;
    do {
      store<u64>(to, eight);
      to += 8;
    } while (to < end);
  } else {
    do {
      store<u8>(to, load<u8>(from));
      to += 1;
      from += 1;
    } while (to < end);
  }
}
