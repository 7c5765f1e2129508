declare module 'diff3' {
  /** A run of lines on which both agree, or the two versions of one on which they do not. */
  export interface Region {
    readonly ok?: string[];
    readonly conflict?: { readonly a: string[]; readonly o: string[]; readonly b: string[] };
  }

  /** @param a one version. @param o what both began with. @param b the other version. */
  export default function diff3Merge(a: string[], o: string[], b: string[]): Region[];
}
