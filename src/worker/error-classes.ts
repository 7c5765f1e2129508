/**
 * isomorphic-git's error classes for a page that does not load isomorphic-git: classes of their names,
 * of which the errors are that come from the worker.
 */
import type { git } from '../git/commands.js';

type Own = Omit<typeof git.Errors, '__proto__'>;

/** For `instanceof`, and for `code`; they make no errors. */
export type ErrorClasses = {
  readonly [Name in keyof Own]: (abstract new (...args: never[]) => InstanceType<Own[Name]>) & {
    /** That of its errors. */
    readonly code: string;
  };
};

/** Makes an error of a message. */
export type ErrorClass = new (message: string) => Error;

/** @param names of the classes, which are their codes. */
export function makeErrorClasses(names: readonly string[]): ReadonlyMap<string, ErrorClass> {
  return new Map(
    names.map((code) => {
      const Class = class extends Error {
        static readonly code = code;
        override readonly name: string = code;
        readonly code = code;
      };
      Object.defineProperty(Class, 'name', { value: code });
      return [code, Class];
    }),
  );
}
