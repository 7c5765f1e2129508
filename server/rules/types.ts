/**
 * The words that rules are made of: who, what, on which repositories and refs. Values only; what
 * they mean is decided in decide.ts.
 */
import type { Access } from '../admission/access.js';

/** Whom a rule speaks of. */
export type Subject =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'group'; readonly name: string };

/** Whether a path fits the globs of a rule. */
export type Matcher = (path: string) => boolean;

/** A rule that gives access. None takes any away. */
export interface Grant {
  /** Its place in the file: `rules[2]`. */
  readonly rule: string;
  /** Whether it speaks of a repository, by its canonical name (glob.ts). */
  readonly matches: Matcher;
  readonly who: readonly Subject[];
  readonly allow: ReadonlySet<Access>;
}

/** What can be done to a ref. An update that is no fast-forward is a `force`. */
export type RefChange = 'create' | 'update' | 'delete' | 'force';

/** A rule that takes rights to change refs from those who may write. */
export interface Protection {
  /** Its place in the file: `refs[0]`. */
  readonly rule: string;
  /** Whether it speaks of a repository. */
  readonly matches: Matcher;
  /** Globs of full ref names, as in the file. */
  readonly refs: readonly string[];
  /** Who may; everybody who may write where there is no list. */
  readonly may: Readonly<Record<RefChange, readonly Subject[] | undefined>>;
}

/** A rules file, checked and ready to decide. */
export interface Rules {
  readonly grants: readonly Grant[];
  readonly protections: readonly Protection[];
  /** Members of each declared group. */
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * What one user may do to the protected refs of one repository: plain data, for the hooks. Every
 * entry that matches a ref must allow its change; what none matches is not protected.
 */
export interface ProtectedRefs {
  /** The entries of the rules file that speak of the repository. */
  readonly protections: readonly {
    /** For messages and logs: `refs[0]`. */
    readonly rule: string;
    /** Full names: `*` is any part of one component, `**` any number of whole components. */
    readonly refs: readonly string[];
    /** What this user may do to them. `force` needs `update` too. */
    readonly allowed: readonly RefChange[];
  }[];
}

/** An answer, with its reason in one line for a log. */
export interface Decision {
  /** Whether it may be done. */
  readonly allowed: boolean;
  /** Never for the client: it tells which rules there are. Free of control characters. */
  readonly explanation: string;
}
