/**
 * Which updates of a push keep history, found out for all of them at once: git is asked for the
 * commits that are new, with their parents, and who gets from a new tip to its old one by them has
 * shown that it is a fast-forward. What is not shown so (a merge of something older, a tag, a forced
 * push) is left to be asked of git for each ref: nothing is ever refused for what stands here.
 */

/** Most commits and parents that are looked at: what is beyond is asked of git. */
const mostSteps = 200_000;

/**
 * @param rules name of the variable with the lines of formatRefRules().
 * @returns POSIX sh and awk: `forward` writes a line for each of `$commands`, in their order, 1 where
 *   it is known to keep history. Without awk it writes nothing, and every ref is asked about.
 */
export const formatForward = (rules: string): string => `
# Whether the answer counts: where more than one ref may be updated, and not forced, by some rule.
asks_for_history() {
  case $commands in *'
'*'
'*) ;; *) return 1 ;; esac
  IFS='
'
  set -f
  for rule in $${rules}; do
    case \${rule%% *} in *f*) ;; *u*) return 0 ;; esac
  done
  return 1
}

# What is new: each new tip, without what the old ones have.
tips() {
  printf %s "$commands" | while IFS=' ' read -r old new ref; do
    case $new in *[!0]*) case $old in *[!0]*) printf '%s\\n^%s\\n' "$new" "$old" ;; esac ;; esac
  done
}

forward() (
  export LC_ALL=C
  asks_for_history || exit 0
  updates=$(tips)
  [ -n "$updates" ] || exit 0
  {
    printf '%s\\n' "$updates" | GIT_NO_REPLACE_OBJECTS=1 git rev-list --parents --stdin --max-count=${mostSteps}
    printf '\\n%s' "$commands"
  } 2>/dev/null | awk '
    function reaches(old, new, top, stack, seen, at, parent, count, each) {
      stack[top = 1] = new
      seen[new]
      while (top > 0) {
        at = stack[top--]
        if (at == old) return 1
        if (!(at in parents)) continue
        count = split(parents[at], parent, " ")
        for (each = 1; each <= count; each++) {
          if (parent[each] in seen) continue
          if (++steps > ${mostSteps}) return 0
          seen[parent[each]]
          stack[++top] = parent[each]
        }
      }
      return 0
    }
    commands { print(/^[0-9a-f]+ [0-9a-f]+ / && $1 ~ /[^0]/ ? reaches($1, $2) : 0); next }
    $0 == "" { commands = 1; next }
    { at = $1; sub(/^[^ ]* ?/, ""); parents[at] = $0 }
  ' 2>/dev/null
)
`;
