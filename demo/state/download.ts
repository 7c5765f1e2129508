/** Giving something to the browser to keep elsewhere. */

/** @param path of the file: its last part is the name. */
export function download(path: string, content: BlobPart): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content]));
  link.download = path.slice(path.lastIndexOf('/') + 1);
  link.click();
  // Some browsers read it only later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
