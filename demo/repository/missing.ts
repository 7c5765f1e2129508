/** Whether an error of a file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ENOENT';
}

/** Whether an error of git says that there is no such object or ref. */
export function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'NotFoundError';
}
