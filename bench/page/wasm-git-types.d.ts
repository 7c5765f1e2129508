/** What is used of wasm-git, which brings no types: libgit2's example programs as one command. */
declare module 'wasm-git/lg2.js' {
  export interface Lg2 {
    readonly FS: {
      /** By file descriptor. */
      readonly streams: object[];
      open(path: string, flags: string): object;
      close(stream: object | undefined): void;
      writeFile(path: string, text: string): void;
      chdir(path: string): void;
      /** @throws where there is nothing. */
      lstat(path: string): object;
    };
    /** Runs one command to its end. @returns its exit code. */
    callMain(args: readonly string[]): number;
  }

  export interface Lg2Options {
    /** Where `lg2.wasm` is. */
    locateFile(name: string): string;
    print(line: string): void;
    printErr(line: string): void;
  }

  export default function start(options: Lg2Options): Promise<Lg2>;
}
