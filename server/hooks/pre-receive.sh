# The pre-receive hook, which looks ahead: where nothing of a push may stay, git drops its objects
# together with the quarantine, and where all of it may, update is taken away, so that git starts nothing
# for each ref. Where a part may, git has no other way to refuse single refs than update, a process for
# each: it looks up what this came to, in verdicts, and starts nothing more. The old oid is the one that
# the client names; git compares it again under the ref's lock.

# The dot keeps line ends from being dropped.
commands=$(cat && echo .) || exit 1
commands=${commands%.}

# A push before may have done without it, and whoever cleans up.
[ -x "${0%/*}/update" ] || refuse 'the hooks are not whole.' || exit 1

# Ends with 0 where all are allowed, 2 where some are, 1 where nothing may stay. Writes each command
# behind a question mark, and then a plus or why it is refused.
look_ahead() {
  allowed=0 refused=0
  while IFS=' ' read -r old new ref; do
    IFS=' ' read -r _ _ low <&3 || low=
    read -r kept <&4 || kept=
    printf '?%s\n' "$old $new $ref"
    if judge "$ref" "$old" "$new" "$low" "$kept"; then allowed=1; echo +; else refused=1; fi
  done 3<<NAMES 4<<KEPT
$(lower "$commands")
NAMES
$(forward)
KEPT
  [ $refused = 1 ] || return 0
  # About what goes to proc-receive, git does not ask update: there, one refused ref stops them all.
  # The link counts, whatever became of the file: git may find it later.
  if [ -L "${0%/*}/proc-receive" ] || [ -e "${0%/*}/proc-receive" ]; then return 1; fi
  [ $allowed = 1 ] && return 2
  return 1
}

# What is not written here is judged by update once more.
keep_verdicts() {
  quoted=$(printf %s "$verdicts" | LC_ALL=C sed "s/'/'\\\\''/g" 2>/dev/null) || quoted=
  printf "verdicts='\n%s\n'\n" "$quoted" 2>/dev/null >"${0%/*}/verdicts" || rm -f -- "${0%/*}/verdicts"
}

verdicts=$(printf %s "$commands" | look_ahead 2>&1)
case $? in
  # Nothing is left to judge: update need not be started for each ref.
  0)
    if [ -x "$GITWS_OWN_HOOKS/update" ]; then keep_verdicts
    else rm -f -- "${0%/*}/update" 2>/dev/null
    fi ;;
  2) keep_verdicts ;;
  *)
    printf '%s\n' "$verdicts" | while IFS= read -r line; do
      case $line in [?+]*) ;; *) printf '%s\n' "$line" >&2 ;; esac
    done
    exit 1 ;;
esac

find_own_hook
printf %s "$commands" 2>/dev/null | "$own_hook" "$@"
