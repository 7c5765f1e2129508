/** Pictures that are small enough to be kept, and compared: a quarter as wide, in a few greys. */
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/**
 * A picture in greys.
 *
 * @typedef {{ width: number, height: number, greys: Uint8Array }} Picture
 */

/** How many pixels beside each other, and above, are one: letters become grey lines. */
const scale = 4;

/** Of so few greys a file is small; one more or less is no difference. */
const levels = 16;

/** How far apart two greys are that differ, of 1: two levels, so that what is rounded is the same. */
const threshold = 0.1;

/**
 * @param {Buffer} file a screenshot, as a PNG.
 * @returns {Picture} what is kept of it.
 */
export function shrink(file) {
  const { width, height, data } = PNG.sync.read(file);
  const small = { width: Math.floor(width / scale), height: Math.floor(height / scale) };
  const greys = new Uint8Array(small.width * small.height);
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const grey = meanOf(data, width, x * scale, y * scale);
      greys[y * small.width + x] = Math.round((grey / 255) * (levels - 1)) * (255 / (levels - 1));
    }
  }
  return { ...small, greys };
}

/**
 * How light a square is, by the weights of Rec. 601.
 *
 * @param {Uint8Array} data @param {number} width @param {number} left @param {number} top
 */
function meanOf(data, width, left, top) {
  let sum = 0;
  for (let y = top; y < top + scale; y++) {
    for (let at = (y * width + left) * 4, end = at + scale * 4; at < end; at += 4) {
      sum += 299 * (data[at] ?? 0) + 587 * (data[at + 1] ?? 0) + 114 * (data[at + 2] ?? 0);
    }
  }
  return sum / 1000 / scale ** 2;
}

/** @param {Picture} picture @returns {Buffer} it, as a PNG of greys. */
export function encode({ width, height, greys }) {
  const png = new PNG({ width, height });
  png.data = colored(greys);
  return PNG.sync.write(png, { colorType: 0, filterType: 0, deflateLevel: 9 });
}

/** @param {Buffer} file that {@link encode} has made. @returns {Picture} */
export function decode(file) {
  const { width, height, data } = PNG.sync.read(file);
  return {
    width,
    height,
    greys: Uint8Array.from({ length: width * height }, (_, at) => data[at * 4] ?? 0),
  };
}

/**
 * Compares two pictures.
 *
 * @param {Picture} approved
 * @param {Picture} now
 * @returns {{ pixels: number, file: Buffer }} how many pixels differ, and a PNG in which they are red;
 *   all of them where the sizes differ.
 */
export function compare(approved, now) {
  const { width, height } = now;
  const difference = new PNG({ width, height });
  if (approved.width !== width || approved.height !== height) {
    return { pixels: width * height, file: encode(now) };
  }
  const pixels = pixelmatch(
    ...[colored(approved.greys), colored(now.greys), difference.data],
    ...[width, height],
    // Small as they are, pictures have nothing but blurred edges: each of them counts.
    { threshold, includeAA: true },
  );
  return { pixels, file: PNG.sync.write(difference) };
}

/** @param {Uint8Array} greys @returns {Buffer} the same, as red, green, blue and opacity. */
function colored(greys) {
  const data = Buffer.alloc(greys.length * 4, 255);
  for (const [at, grey] of greys.entries()) data.fill(grey, at * 4, at * 4 + 3);
  return data;
}
