/**
 * The text of the server's own hooks, in POSIX sh: so a hook starts in a millisecond, and nothing
 * has to be installed beside git. They read what the server put into git's environment, which
 * nobody who pushes can reach. They are only text here; directory.ts writes them.
 *
 * `update` judges each ref, so that a push of several is refused ref by ref. `pre-receive` looks
 * ahead: where nothing of a push may stay, git drops its objects together with the quarantine, and
 * where all of it may, `update` is taken away, so that git starts nothing for each ref. Where a part
 * may, git has no other way to refuse single refs than `update`, a process for each: it looks up what
 * `pre-receive` came to, and starts nothing more. The old oid is the one that the client names; git compares it again under the ref's lock.
 */
import { history } from './forward.js';

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

/** Longest ref name that is judged, in bytes: sh needs long for long ones. */
const maxRefLength = 1024;

/**
 * Goes on as the repository's own hook, in the environment that it would have without this server:
 * by GIT_CONFIG_PARAMETERS, core.hooksPath would reach every git that it runs, in any repository.
 * What receive-pack may take of memory is no limit for those either.
 */
const ownHook = `
find_own_hook() {
  own_hook=$${hookVariables.ownHooks}/\${0##*/}
  unset GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT GIT_ALLOC_LIMIT ${Object.values(hookVariables).join(' ')}
  [ -x "$own_hook" ] && return
  # Git does something else where these do not exist: having had one, it must not do nothing.
  case \${0##*/} in proc-receive | push-to-checkout) exit 1 ;; esac
  exit 0
}
`;

/** Judges one ref. What is not known to be allowed is refused. Exported for tests. */
export const judgement = `
: "\${${hookVariables.rules}:?}"

refuse() {
  printf 'gitws: %s\\n' "$1" >&2
  return 1
}

# fits COMPONENT PATTERN: * is any part of it. Each text between stars is taken where it first comes:
# what fits at all fits so, while a shell that is given all of the pattern tries every place for each.
fits() {
  part=$1 glob=$2
  case $glob in
    *'*'*) ;;
    *) case $part in "$glob") return 0 ;; *) return 1 ;; esac ;;
  esac
  text=\${glob%%'*'*} glob=\${glob#*'*'}
  case $part in "$text"*) part=\${part#"$text"} ;; *) return 1 ;; esac
  while :; do
    case $glob in
      *'*'*) ;;
      *) case $part in *"$glob") return 0 ;; *) return 1 ;; esac ;;
    esac
    text=\${glob%%'*'*} glob=\${glob#*'*'}
    case $part in *"$text"*) part=\${part#*"$text"} ;; *) return 1 ;; esac
  done
}

# matches NAME PATTERN: by component; * is any part of one, ** any number of whole ones.
matches() {
  case $2 in
    '**') return 0 ;;
    '**/'*)
      matches "$1" "\${2#??/}" && return 0
      case $1 in */*) matches "\${1#*/}" "$2" ;; *) return 1 ;; esac ;;
    */*)
      case $1 in
        */*) fits "\${1%%/*}" "\${2%%/*}" && matches "\${1#*/}" "\${2#*/}" ;;
        *) [ "\${2#*/}" = '**' ] && fits "$1" "\${2%%/*}" ;;
      esac ;;
    *)
      case $1 in */*) return 1 ;; *) fits "$1" "$2" ;; esac ;;
  esac
}

# Replacement refs can be pushed like others, and must not make a rewritten history look whole.
keeps_history() {
  [ "$kept" = 1 ] && return 0
  known_history
  case $? in 0) return 0 ;; 1) return 1 ;; esac
  GIT_NO_REPLACE_OBJECTS=1 git merge-base --is-ancestor "$old" "$new" </dev/null 2>/dev/null
}

# allows RIGHTS: whether they cover the deed.
allows() {
  case $deed in
    create) case $1 in *c*) return 0 ;; esac ;;
    delete) case $1 in *d*) return 0 ;; esac ;;
    update)
      case $1 in
        *f*) return 0 ;;
        *u*) keeps_history && return 0
             deed='force-push to' ;;
      esac ;;
  esac
  return 1
}

lower() { printf %s "$1" | tr A-Z a-z; }

# may NAME [LOWER]: every rule that matches must allow it. Letter case hides nothing from a rule.
may() {
  name=\${2:-$1}
  case $name in *[A-Z]*) name=$(lower "$name") || return 1 ;; esac
  for rule in $${hookVariables.rules}; do
    if matches "$name" "\${rule#* }"; then allows "\${rule%% *}" || return 1; fi
  done
  return 0
}

# symbolic NAME: puts what it stands for into target, as git symbolic-ref, which is started only where
# the ref's own file may be one: a push of a thousand refs would start a thousand. Other stores than
# files are left to git.
symbolic() {
  file=\${GIT_DIR:-.}/$1
  if ! [ -e "\${GIT_DIR:-.}/reftable" ] && ! [ -e "\${GIT_DIR:-.}/commondir" ]; then
    [ -e "$file" ] || [ -L "$file" ] || return 1
    if [ -f "$file" ] && ! [ -L "$file" ] && read -r line <"$file"; then
      case $line in '' | *[!0-9a-f]*) ;; *) return 1 ;; esac
    fi
  fi
  target=$(git symbolic-ref -q -- "$1" </dev/null 2>/dev/null)
}

# judge NAME OLD NEW LOWER KEPT: the name as the client sent it; git checks it only before update.
# LOWER is the name in small letters, KEPT 1 where the old commit is known to be in the new one's
# history: both may be empty.
judge() {
  export LC_ALL=C
  IFS='
'
  set -f
  ref=$1 old=$2 new=$3 kept=$5
  case $ref in
    *[[:cntrl:]]*) refuse 'a ref name holds control characters.'; return ;;
    refs/?*) ;;
    *) refuse "$ref does not begin with refs/."; return ;;
  esac
  # Letters beyond ASCII fold in more ways than sh knows.
  case $${hookVariables.fold}$ref in
    1*[!\\ -~]*) refuse "$ref: only ASCII names can be judged on this file system."; return ;;
  esac
  [ \${#ref} -le ${maxRefLength} ] || { refuse 'a ref name is too long.'; return; }
  # The new oid first: git deletes also where the old one is wrong.
  case $new in
    *[!0]*) case $old in *[!0]*) deed=update ;; *) deed=create ;; esac ;;
    *) deed=delete ;;
  esac
  may "$ref" "$4" || { refuse "you may not $deed $ref."; return; }
  # A symbolic ref is another name for the ref that will change.
  symbolic "$ref"
  case $? in
    0) may "$target" || refuse "you may not $deed $target, which $ref stands for." ;;
    1) ;;
    *) refuse "$ref cannot be judged." ;;
  esac
}
`;

/** File of what pre-receive came to, beside the hooks of the push: sh that sets a variable. */
const verdictFile = '"${0%/*}/verdicts"';

const update = `
# Nothing is known of history here: git has to be asked.
known_history() { return 2; }

# verdict NAME OLD NEW: 0 where pre-receive allowed just this, 1 where it refused it, else 2. By what
# sh has built in: this is done for each ref.
verdict() {
  export LC_ALL=C
  verdicts=
  [ -f ${verdictFile} ] && . ${verdictFile}
  line="
?$2 $3 $1
"
  case $verdicts in *"$line"*) ;; *) return 2 ;; esac
  before=\${verdicts%%"$line"*}
  after=\${verdicts#"$before$line"}
  case $after in
    +*) return 0 ;;
    'gitws: '*)
      after=\${after%%"
"*}
      printf '%s\\n' "$after" >&2
      return 1 ;;
  esac
  return 2
}

(
  verdict "$@"
  case $? in
    0) ;;
    2) judge "$1" "$2" "$3" '' '' ;;
    *) exit 1 ;;
  esac
) || exit 1

find_own_hook
exec "$own_hook" "$@"
`;

const preReceive = `
# The dot keeps line ends from being dropped.
commands=$(cat && echo .) || exit 1
commands=\${commands%.}

# A push before may have done without it, and whoever cleans up.
[ -x "\${0%/*}/update" ] || refuse 'the hooks are not whole.' || exit 1

# Ends with 0 where all are allowed, 2 where some are, 1 where nothing may stay. Writes each command
# behind a question mark, and then a plus or why it is refused.
look_ahead() {
  allowed=0 refused=0
  while IFS=' ' read -r old new ref; do
    IFS=' ' read -r skip skip low <&3 || low=
    read -r kept <&4 || kept=
    printf '?%s\\n' "$old $new $ref"
    if judge "$ref" "$old" "$new" "$low" "$kept"; then allowed=1; echo +; else refused=1; fi
  done 3<<GITWS_END 4<<GITWS_FORWARD
$(lower "$commands")
GITWS_END
$(forward)
GITWS_FORWARD
  [ $refused = 1 ] || return 0
  # About what goes to proc-receive, git does not ask update: there, one refused ref stops them all.
  # The link counts, whatever became of the file: git may find it later.
  if [ -L "\${0%/*}/proc-receive" ] || [ -e "\${0%/*}/proc-receive" ]; then return 1; fi
  [ $allowed = 1 ] && return 2
  return 1
}

# What is not written here is judged by update once more.
keep_verdicts() {
  quoted=$(printf %s "$verdicts" | LC_ALL=C sed "s/'/'\\\\\\\\''/g" 2>/dev/null) || quoted=
  printf "verdicts='\\n%s\\n'\\n" "$quoted" 2>/dev/null >${verdictFile} || rm -f -- ${verdictFile}
}

verdicts=$(printf %s "$commands" | look_ahead 2>&1)
case $? in
  # Nothing is left to judge: update need not be started for each ref.
  0)
    if [ -x "$${hookVariables.ownHooks}/update" ]; then keep_verdicts
    else rm -f -- "\${0%/*}/update" 2>/dev/null
    fi ;;
  2) keep_verdicts ;;
  *)
    printf '%s\\n' "$verdicts" | while IFS= read -r line; do
      case $line in [?+]*) ;; *) printf '%s\\n' "$line" >&2 ;; esac
    done
    exit 1 ;;
esac

find_own_hook
printf %s "$commands" 2>/dev/null | "$own_hook" "$@"
`;

const wrapper = `
find_own_hook
exec "$own_hook" "$@"
`;

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
  for (const hook of receiveHooks) if (own.has(hook)) files.set(hook, ownHook + wrapper);
  if (judging) {
    files.set('pre-receive', judgement + history + ownHook + preReceive);
    files.set('update', judgement + ownHook + update);
  }
  for (const [hook, text] of files) files.set(hook, `#!/bin/sh\n${text}`);
  return files;
}
