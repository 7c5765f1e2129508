/** Pictures as blobs. An SVG is freed of all that could run, should somebody open it by itself. */

/** @throws for an SVG in which nothing is left to see. */
export async function pictureBlob(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Blob> {
  if (type !== 'image/svg+xml') return new Blob([bytes], { type });
  const { cleanSvg } = await import('./untrusted.js');
  return new Blob([cleanSvg(new TextDecoder().decode(bytes))], { type });
}
