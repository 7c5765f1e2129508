/** CRC-32 as zlib and PNG have it, of an entry's bytes in the pack: eight bytes at a time. */
import { CRC_TABLES } from './layout';

/** To be called once, before anything else here. */
export function prepareCrc(): void {
  for (let index: u32 = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
    store<u32>(CRC_TABLES + (index << 2), crc);
  }
  for (let index: u32 = 0; index < 256; index++) {
    let crc = load<u32>(CRC_TABLES + (index << 2));
    for (let table: u32 = 1; table < 8; table++) {
      crc = load<u32>(CRC_TABLES + ((crc & 255) << 2)) ^ (crc >> 8);
      store<u32>(CRC_TABLES + (table << 10) + (index << 2), crc);
    }
  }
}

/** @returns the checksum of what `crc` is that of (0 for nothing), followed by these bytes. */
export function updateCrc(crc: u32, from: usize, end: usize): u32 {
  crc = ~crc;
  for (; from + 8 <= end; from += 8) {
    const eight = load<u64>(from) ^ (<u64>crc);
    crc =
      at(7, eight & 255) ^
      at(6, (eight >> 8) & 255) ^
      at(5, (eight >> 16) & 255) ^
      at(4, (eight >> 24) & 255) ^
      at(3, (eight >> 32) & 255) ^
      at(2, (eight >> 40) & 255) ^
      at(1, (eight >> 48) & 255) ^
      at(0, eight >> 56);
  }
  for (; from < end; from++) crc = at(0, (crc ^ load<u8>(from)) & 255) ^ (crc >> 8);
  return ~crc;
}

function at(table: usize, index: u64): u32 {
  return load<u32>(CRC_TABLES + (table << 10) + ((<usize>index) << 2));
}
