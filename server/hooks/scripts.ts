/**
 * The text of the server's own hooks, in POSIX sh: so a hook starts in a millisecond, and nothing
 * has to be installed beside git. The files beside this one are parts, which the build takes as they
 * are; here is only which hook is made of which. They read what the server put into git's environment,
 * which nobody who pushes can reach. directory.ts writes them.
 */
import history from './history.sh';
import judge from './judge.sh';
import ownHook from './own-hook.sh';
import preReceive from './pre-receive.sh';
import update from './update.sh';
import wrapper from './wrapper.sh';

/**
 * Every hook that receive-pack can come to, itself or by the commands it runs: `core.hooksPath`
 * disables all of a repository's own, so each one that exists needs a wrapper.
 */
export const receiveHooks = [
  ...['pre-receive', 'update', 'proc-receive', 'reference-transaction'],
  ...['push-to-checkout', 'post-index-change', 'post-receive', 'post-update'],
] as const;

/** One of {@link receiveHooks}. */
export type ReceiveHook = (typeof receiveHooks)[number];

/** What the hooks read from the environment; not left in that of a repository's own hooks. */
export const hookVariables = {
  /** Directory of the repository's own hooks, absolute. */
  ownHooks: 'GITWS_OWN_HOOKS',
  /** Lines of formatRefRules(). */
  rules: 'GITWS_REF_RULES',
  /** `1` where the file system takes different names for the same. */
  fold: 'GITWS_REF_FOLD',
} as const;

/** A set of hooks that belong together. */
export interface HookSet {
  /** Whether there are rules for refs to judge by. */
  readonly judging: boolean;
  /** The repository's own, each of which needs a wrapper. */
  readonly own: ReadonlySet<ReceiveHook>;
}

/** @returns executable files, by name: these and no others. */
export function formatHooks({ judging, own }: HookSet): Map<ReceiveHook, string> {
  const files = new Map<ReceiveHook, string>();
  for (const hook of receiveHooks) if (own.has(hook)) files.set(hook, join(ownHook, wrapper));
  if (judging) {
    files.set('pre-receive', join(judge, history, ownHook, preReceive));
    files.set('update', join(judge, ownHook, update));
  }
  return files;
}

function join(...parts: readonly string[]): string {
  return ['#!/bin/sh\n', ...parts].join('\n');
}
