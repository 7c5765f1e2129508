/**
 * The sample repository's pictures and its sound, painted by arithmetic in the flat manner of a
 * travel poster: the same bytes on every machine.
 */
import { encodeIcon, encodePng, encodeWav, type Picture } from './media.js';

/** Night sky, dusk, sea, rock, tower and light: shared by all pictures. */
const palette = [
  '#0f1b33', // 0 night
  '#1b2f52', // 1
  '#2f4a73', // 2
  '#5b6f95', // 3
  '#c98a7d', // 4 dusk
  '#efb48a', // 5
  '#fbe3b5', // 6 lamplight
  '#fff8e2', // 7
  '#123c4a', // 8 deep water
  '#1c5866', // 9
  '#3f8a90', // 10 foam
  '#2b2a2f', // 11 rock
  '#46444c', // 12
  '#c8453a', // 13 red band
  '#f3ede1', // 14 white band
  '#8c8a90', // 15 shade
] as const;

/** Bayer's 4 × 4 matrix: gradients without more colours. */
const bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5] as const;

/** Picks one of `steps` for a height of 0 to 1, dithered between neighbours. */
function gradient(steps: readonly number[], height: number, x: number, y: number): number {
  const threshold = ((bayer[(y % 4) * 4 + (x % 4)] ?? 0) + 0.5) / 16;
  const index = Math.floor(height * (steps.length - 1) + threshold);
  return steps[Math.min(Math.max(index, 0), steps.length - 1)] ?? 0;
}

/** A fixed speckle: the same star at the same place each time. */
function speckle(x: number, y: number): number {
  let mixed = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 0x1_0000_0000;
}

interface Scene {
  readonly sky: readonly number[];
  readonly sea: readonly number[];
  /** Whether stars and the beam are seen. */
  readonly night: boolean;
  /** Where the tower stands, as a share of the width. */
  readonly tower: number;
}

function paintScene(width: number, height: number, scene: Scene): Picture['paint'] {
  const horizon = Math.round(height * 0.66);
  const towerX = width * scene.tower;
  const lampY = height * 0.2;
  return (x, y) => {
    const tower = paintTower(x - towerX, y / height, height);
    if (tower !== undefined) return tower;
    const rock =
      height *
      (0.7 + 0.1 * Math.abs((x - towerX) / (width * 0.2)) ** 1.6 + 0.012 * Math.sin(x / 7));
    if (y > rock) return speckle(x >> 1, y >> 1) > 0.86 ? 12 : 11;
    if (y >= horizon) {
      const depth = (y - horizon) / (height - horizon);
      const wave = Math.sin(x / (9 + depth * 30) + y * 0.7) + Math.sin(x / 23 - y * 0.35);
      if (wave > 1.55 - depth * 0.25) return 10;
      return gradient(scene.sea, depth, x, y);
    }
    const aside = Math.abs(x - towerX);
    if (scene.night && x < towerX && Math.abs(y - lampY + aside * 0.03) < 3 + aside * 0.085) {
      return gradient([6, 5, 3, 2], Math.min(1, aside / (width * 0.55)), x, y);
    }
    if (scene.night && y < horizon * 0.7 && speckle(x, y) > 0.997) return 7;
    const sunX = width * 0.24;
    const sunY = horizon * 0.74;
    if (!scene.night && Math.hypot(x - sunX, y - sunY) < height * 0.09) return 7;
    return gradient(scene.sky, y / horizon, x, y);
  };
}

/** The tower at `dx` pixels from its axis and `level` of 0 (top) to 1; undefined beside it. */
function paintTower(dx: number, level: number, height: number): number | undefined {
  const half = height * (0.028 + 0.035 * level);
  const distance = Math.abs(dx);
  if (level > 0.115 && level < 0.155 && distance < half * (level - 0.1) * 22) return 13;
  if (level >= 0.155 && level < 0.25 && distance < half * 0.86) {
    return distance > half * 0.66 ? 11 : 7;
  }
  if (level >= 0.25 && level < 0.272 && distance < half * 1.5) return 11;
  if (level >= 0.272 && level < 0.74 && distance < half) {
    const red = Math.floor((level - 0.272) / 0.094) % 2 === 0;
    if (distance < half * 0.16 && Math.abs(((level - 0.272) % 0.188) - 0.14) < 0.02) return 0;
    if (dx > half * 0.55) return red ? 12 : 15;
    return red ? 13 : 14;
  }
  return undefined;
}

function scene(width: number, height: number, view: Scene): Uint8Array {
  return encodePng({ width, height, palette, paint: paintScene(width, height, view) });
}

/** The station at dusk, 480 × 270. */
export function lighthousePng(): Uint8Array {
  const view = { sky: [2, 3, 4, 5, 6], sea: [9, 9, 8, 8], night: false, tower: 0.68 };
  return scene(480, 270, view);
}

/** The beam at night, 480 × 270. */
export function nightPng(): Uint8Array {
  return scene(480, 270, { sky: [0, 0, 1, 2], sea: [8, 8, 0], night: true, tower: 0.74 });
}

/** A cup with steam, 160 × 120. */
export function coffeePng(): Uint8Array {
  const paint = (x: number, y: number): number => {
    const dx = x - 74;
    const half = 34 - Math.max(0, y - 62) * 0.32;
    if (y > 54 && y < 104 && Math.abs(dx) < half) {
      if (y < 60) return 11;
      return dx > half * 0.5 ? 15 : 14;
    }
    const handle = Math.hypot((x - 112) / 15, (y - 74) / 16);
    if (x > 100 && handle < 1 && handle > 0.6) return 14;
    if (Math.hypot((x - 76) / 56, (y - 106) / 7) < 1) return 13;
    const steam = [-16, 2, 20].some(
      (at) => y > 16 && y < 50 && Math.abs(dx - at - 5 * Math.sin(y / 6)) < 2,
    );
    if (steam) return 14;
    return gradient([9, 8], y / 120, x, y);
  };
  return encodePng({ width: 160, height: 120, palette, paint });
}

/** The tower on a disc, for browsers and telephones. */
export function iconPng(size: number): Uint8Array {
  const paint = (x: number, y: number): number => {
    const centre = size / 2 - 0.5;
    if (Math.hypot(x - centre, y - centre) > size / 2) return 14;
    const tower = paintTower((x - centre) * 0.8, (y / size) * 0.78 + 0.02, size * 1.25);
    return tower ?? (y > size * 0.82 ? 11 : gradient([1, 2], y / size, x, y));
  };
  return encodePng({ width: size, height: size, palette, paint });
}

/** The tower as favicon.ico, 32 × 32. */
export function faviconIco(): Uint8Array {
  return encodeIcon(iconPng(32), 32);
}

/** One stroke of the fog bell, 1.2 s. */
export function bellWav(): Uint8Array {
  const rate = 8000;
  const partials = [
    [220, 0.42, 1.6],
    [528, 0.28, 2.6],
    [662, 0.18, 3.4],
    [1180, 0.1, 6],
  ] as const;
  const samples = Array.from({ length: 1.2 * rate }, (_, index) => {
    const time = index / rate;
    return partials.reduce(
      (sum, [pitch, volume, decay]) =>
        sum + volume * Math.exp(-decay * time) * Math.sin(2 * Math.PI * pitch * time),
      0,
    );
  });
  return encodeWav(samples, rate);
}

/** A line of depth soundings, little-endian 16-bit decimetres: a binary file with many zeros. */
export function soundingsBin(count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(count * 2));
  for (let index = 0; index < count; index++) {
    const depth = 60 + 50 * Math.sin(index / 17) + 8 * Math.sin(index / 3);
    view.setUint16(index * 2, Math.max(0, Math.round(depth)), true);
  }
  return new Uint8Array(view.buffer);
}
