/**
 * A PNG, ICO and WAV encoder just large enough for the sample repository. Nothing is compressed:
 * a zlib of another version would give other bytes, and so other oids, for the same picture.
 */

/** An indexed picture of at most 16 colours. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `#rrggbb`, at most 16 of them. */
  readonly palette: readonly string[];
  /** The palette index of one pixel. */
  readonly paint: (x: number, y: number) => number;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** @returns the picture as PNG, four bits a pixel (PNG specification, 11.2). */
export function encodePng(picture: Picture): Uint8Array {
  const { width, height, palette } = picture;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Bit depth 4, colour type 3 (indexed); compression, filter and interlace are all 0.
  header.set([4, 3, 0, 0, 0], 8);
  const colours = palette.flatMap((colour) => [
    parseInt(colour.slice(1, 3), 16),
    parseInt(colour.slice(3, 5), 16),
    parseInt(colour.slice(5, 7), 16),
  ]);
  return concatenate([
    signature,
    encodeChunk('IHDR', header),
    encodeChunk('PLTE', Uint8Array.from(colours)),
    encodeChunk('IDAT', encodeStored(encodeRows(picture))),
    encodeChunk('IEND', new Uint8Array(0)),
  ]);
}

/** @returns an icon file that holds one PNG of `size` × `size` pixels, at most 255. */
export function encodeIcon(png: Uint8Array, size: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(22));
  header.setUint16(2, 1, true);
  header.setUint16(4, 1, true);
  header.setUint8(6, size);
  header.setUint8(7, size);
  header.setUint16(10, 1, true);
  header.setUint16(12, 4, true);
  header.setUint32(14, png.length, true);
  header.setUint32(18, 22, true);
  return concatenate([new Uint8Array(header.buffer), png]);
}

/**
 * @param samples values from -1 to 1.
 * @param rate samples a second.
 * @returns an 8-bit mono WAV file.
 */
export function encodeWav(samples: readonly number[], rate: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(44));
  writeAscii(header, 0, 'RIFF');
  header.setUint32(4, 36 + samples.length, true);
  writeAscii(header, 8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, rate, true);
  header.setUint32(28, rate, true);
  header.setUint16(32, 1, true);
  header.setUint16(34, 8, true);
  writeAscii(header, 36, 'data');
  header.setUint32(40, samples.length, true);
  const data = Uint8Array.from(samples, (sample) => Math.round(128 + 127 * sample));
  return concatenate([new Uint8Array(header.buffer), data]);
}

function encodeRows({ width, height, paint }: Picture): Uint8Array {
  const stride = 1 + Math.ceil(width / 2);
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * stride + 1 + (x >> 1);
      rows[at] = (rows[at] ?? 0) | (paint(x, y) << (x % 2 === 0 ? 4 : 0));
    }
  }
  return rows;
}

function encodeChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  writeAscii(view, 4, type);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/** A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4). */
function encodeStored(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let start = 0; start < data.length; start += 0xffff) {
    const block = data.subarray(start, start + 0xffff);
    const last = start + 0xffff >= data.length ? 1 : 0;
    const size = block.length;
    parts.push(Uint8Array.of(last, size & 0xff, size >> 8, ~size & 0xff, (~size >> 8) & 0xff));
    parts.push(block);
  }
  let a = 1;
  let b = 0;
  for (const byte of data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  parts.push(Uint8Array.of(b >> 8, b & 0xff, a >> 8, a & 0xff));
  return concatenate(parts);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function writeAscii(view: DataView, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(offset + i, text.charCodeAt(i));
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
