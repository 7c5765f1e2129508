/** What the bytes of a file are: text, a picture, or neither. */

/** See above. */
export type Content =
  | { readonly kind: 'text'; readonly text: string; readonly isUtf8: boolean }
  | { readonly kind: 'picture'; readonly type: string }
  | { readonly kind: 'binary' };

const pictures: Readonly<Record<string, string>> = {
  ...{ png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif' },
  ...{ webp: 'image/webp', avif: 'image/avif', ico: 'image/x-icon', bmp: 'image/bmp' },
  // In an <img> it runs no script and loads nothing.
  svg: 'image/svg+xml',
};

/** @returns the type of a picture by its name; undefined for what is none. */
export function pictureType(path: string): string | undefined {
  return pictures[extensionOf(path)];
}

/** @returns what follows the last dot of a path, in small letters. */
export function extensionOf(path: string): string {
  return (/\.([^./]+)$/.exec(path)?.[1] ?? '').toLowerCase();
}

export function isMarkdown(path: string): boolean {
  return /^(md|markdown|mkd|mdown)$/.test(extensionOf(path));
}

/** @returns whether a file introduces its folder. */
export function isReadme(name: string): boolean {
  return /^readme(\.(md|markdown|mkd|mdown|txt))?$/i.test(name);
}

/** As git does: a NUL among the first bytes. */
const looksBinary = (bytes: Uint8Array): boolean => bytes.subarray(0, 8_000).includes(0);

export function contentOf(path: string, bytes: Uint8Array): Content {
  const type = pictureType(path);
  if (type !== undefined) return { kind: 'picture', type };
  if (looksBinary(bytes)) return { kind: 'binary' };
  try {
    return { kind: 'text', isUtf8: true, text: decode('utf-8', bytes) };
  } catch {
    return { kind: 'text', isUtf8: false, text: decode('windows-1252', bytes) };
  }
}

function decode(encoding: string, bytes: Uint8Array): string {
  // The mark stays: what is saved again has to begin as it did.
  return new TextDecoder(encoding, { fatal: encoding === 'utf-8', ignoreBOM: true }).decode(bytes);
}
