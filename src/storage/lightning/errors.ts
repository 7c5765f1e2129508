/** Errors of file systems, with the codes that Node.js has and isomorphic-git looks at. */

const sentences = {
  EBADF: 'bad file descriptor',
  EBUSY: 'resource busy or locked',
  EEXIST: 'file already exists',
  EINVAL: 'invalid argument',
  EISDIR: 'illegal operation on a directory',
  ELOOP: 'too many symbolic links encountered',
  ENOENT: 'no such file or directory',
  ENOSYS: 'function not implemented',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
} as const;

/** What a file system refuses with. */
export type FileErrorCode = keyof typeof sentences;

/** An error with Node's `code`, and the path that it is about. */
export class FileError extends Error {
  readonly code: FileErrorCode;
  readonly path: string;

  constructor(code: FileErrorCode, path: string) {
    super(`${code}: ${sentences[code]}, '${path}'`);
    this.code = code;
    this.path = path;
  }
}
