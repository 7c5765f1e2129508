# The update hook, which judges each ref, so that a push of several is refused ref by ref: git runs it
# with the name, the old oid and the new. What pre-receive came to stands beside it, in verdicts: sh
# that sets a variable.

# Nothing is known of history here: git has to be asked.
known_history() { return 2; }

# verdict NAME OLD NEW: 0 where pre-receive allowed just this, 1 where it refused it, else 2. By what
# sh has built in: this is done for each ref.
verdict() {
  export LC_ALL=C
  verdicts=
  # shellcheck source=/dev/null
  [ -f "${0%/*}/verdicts" ] && . "${0%/*}/verdicts"
  line="
?$2 $3 $1
"
  case $verdicts in *"$line"*) ;; *) return 2 ;; esac
  before=${verdicts%%"$line"*}
  after=${verdicts#"$before$line"}
  case $after in
    +*) return 0 ;;
    'gitws: '*)
      after=${after%%"
"*}
      printf '%s\n' "$after" >&2
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
