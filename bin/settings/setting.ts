/** What is said of a setting of the command. */

/** What a setting's value is, by its kind. */
export interface Values {
  readonly text: string;
  /** Of a file or directory; in a configuration file, relative to that file's directory. */
  readonly path: string;
  readonly port: number;
  readonly switch: boolean;
  readonly list: readonly string[];
  /** `KEY=VALUE`, several. */
  readonly pairs: Readonly<Record<string, string>>;
  readonly ms: number;
  readonly bytes: number;
  readonly count: number;
}

/** One setting. */
export interface Setting {
  readonly kind: keyof Values;
  /** Completes "the setting is …": a phrase without a full stop. */
  readonly meaning: string;
  /** Why the default is what it is. */
  readonly reason?: string;
  readonly default?: boolean | number | string;
  /** What stands for the value in help, for example `<file>`. */
  readonly value?: string;
  /** The option's name without dashes, where it differs: lists have a singular. */
  readonly option?: string;
  /** Must not stand on a command line, which other users can read, nor be printed. */
  readonly secret?: true;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of pairs whose values are paths. */
  readonly paths?: true;
}
