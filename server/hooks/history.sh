# Part of pre-receive: which updates of a push keep history, found out for all of them at once. Git is
# asked for the commits that are new, with their parents, and who gets from a new tip to its old one by
# them has shown that it is a fast-forward. What is not shown so (a merge of something older, a tag, a
# forced push) is asked of git for each ref, as long as they are few. Where they are more, git is asked
# for the whole history of all tips, old and new, and who does not get to the old tip by that has lost
# it. Only a history that is whole says so: else git goes on being asked for each ref.

# Most commits and parents that forward looks at: what is beyond is asked of git.
most_steps=200000

# How often git is asked about one update before all of history is looked at.
asked_alone=16

# Longest history that is looked at whole, in commits. It costs some seconds of a core.
most_commits=200000

# Most parents that are followed in it, for all updates together.
most_followed=2000000

# Whether the answer counts: where more than one ref may be updated, and not forced, by some rule.
asks_for_history() {
  case $commands in *'
'*'
'*) ;; *) return 1 ;; esac
  IFS='
'
  set -f
  for rule in $GITWS_REF_RULES; do
    case ${rule%% *} in *f*) ;; *u*) return 0 ;; esac
  done
  return 1
}

# What is new: each new tip, without what the old ones have.
tips() {
  printf %s "$commands" | while IFS=' ' read -r before after ref; do
    case $after in *[!0]*) case $before in *[!0]*) printf '%s\n^%s\n' "$after" "$before" ;; esac ;; esac
  done
}

# Writes a line for each of $commands, in their order: 1 where it is known to keep history. Without awk
# it writes nothing, and every ref is asked about.
forward() (
  # shellcheck disable=SC2030
  export LC_ALL=C
  asks_for_history || exit 0
  updates=$(tips)
  [ -n "$updates" ] || exit 0
  {
    printf '%s\n' "$updates" | GIT_NO_REPLACE_OBJECTS=1 git rev-list --parents --stdin --max-count=$most_steps
    printf '\n%s' "$commands"
  } 2>/dev/null | awk -v most_steps=$most_steps '
    function reaches(old, new, top, stack, seen, at, parent, count, each) {
      stack[top = 1] = new
      seen[new]
      while (top > 0) {
        at = stack[top--]
        # Defence: an update keeps history by its own new tip alone.
        if (at == old) return 1
        if (!(at in parents)) continue
        count = split(parents[at], parent, " ")
        for (each = 1; each <= count; each++) {
          if (parent[each] in seen) continue
          if (++steps > most_steps) return 0
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

# Each update whose history is known, as OLD NEW and 1 where it is kept, 0 where it is lost. Tags count
# as their commits, and what is no commit is lost: so does git merge-base.
histories() (
  # Defence: replacement refs are no part of the whole history.
  # shellcheck disable=SC2031
  export LC_ALL=C GIT_NO_REPLACE_OBJECTS=1
  pairs=$(
    printf %s "$commands" | while IFS=' ' read -r before after ref; do
      case $after in *[!0]*) case $before in *[!0]*) printf '%s %s\n' "$before" "$after" ;; esac ;; esac
    done
  )
  commits=$(
    printf '%s\n' "$pairs" | awk '{ print $1 "^{commit}"; print $2 "^{commit}" }' |
      git cat-file --batch-check='%(objectname) %(objecttype)'
  ) || exit 0
  {
    printf '%s\n\n%s\n\n' "$pairs" "$commits"
    printf '%s\n' "$commits" | awk '$2 == "commit" { print $1 }' |
      git rev-list --parents --stdin --max-count=$most_commits && echo whole
  } | awk -v most_commits=$most_commits -v most_followed=$most_followed '
    # The longest way from a commit to a root: an ancestor has a shorter one.
    function measure(start, stack, top, at, parent, count, each, longest, waits) {
      stack[top = 1] = start
      while (top > 0) {
        at = stack[top]
        if (at in depth) { top--; continue }
        if (!(at in parents)) return 0
        count = split(parents[at], parent, " ")
        longest = waits = 0
        for (each = 1; each <= count; each++) {
          if (!(parent[each] in depth)) { stack[++top] = parent[each]; waits = 1 }
          else if (depth[parent[each]] > longest) longest = depth[parent[each]]
        }
        if (!waits) { depth[at] = longest + 1; top-- }
      }
      return 1
    }
    # 1, 0, or nothing where that would take too long.
    function keeps(old, new, stack, top, seen, at, parent, count, each) {
      if (!measure(old) || !measure(new)) return ""
      if (old == new) return 1
      stack[top = 1] = new
      while (top > 0) {
        at = stack[top--]
        count = split(parents[at], parent, " ")
        for (each = 1; each <= count; each++) {
          # Defence: an update keeps history only where its old tip is found in it.
          if (parent[each] == old) return 1
          if (parent[each] in seen || depth[parent[each]] <= depth[old]) continue
          if (++followed > most_followed) return ""
          seen[parent[each]]
          stack[++top] = parent[each]
        }
      }
      return 0
    }
    $0 == "" { part++; next }
    !part { pair[++pairs] = $0; next }
    part == 1 { commit[++commits] = $2 == "commit" ? $1 : ""; next }
    $0 == "whole" { whole = listed < most_commits; next }
    { listed++; at = $1; sub(/^[^ ]* ?/, ""); parents[at] = $0 }
    END {
      if (part != 2 || commits != 2 * pairs) exit
      for (at = 1; at <= pairs; at++) {
        if (pair[at] in told) continue
        told[pair[at]]
        before = commit[2 * at - 1]
        after = commit[2 * at]
        answer = before == "" || after == "" ? 0 : whole ? keeps(before, after) : ""
        if (answer != "") print pair[at], answer
      }
    }
  '
)

# Says of $old and $new what the whole history does: 0 where it is kept, 1 where it is lost, 2 where git
# has to be asked.
asked=0
known_history() {
  asked=$((asked + 1))
  [ $asked -gt $asked_alone ] || return 2
  [ $asked -gt $((asked_alone + 1)) ] || known="
$(histories </dev/null 2>/dev/null)
"
  case $known in
    *"
$old $new 1
"*) return 0 ;;
    *"
$old $new 0
"*) return 1 ;;
  esac
  return 2
}
