/** Whether an error of a file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  // A file may be where a folder was.
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Whether an error of git says that there is no such object or ref. */
export function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'NotFoundError';
}
