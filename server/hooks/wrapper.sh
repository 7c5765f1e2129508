# A hook that only goes on as the repository's own: core.hooksPath hides that one from git.

find_own_hook
exec "$own_hook" "$@"
