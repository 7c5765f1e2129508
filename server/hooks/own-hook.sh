# Part of every hook: what the repository's own hook of that name is, which this one goes on as. Ends
# where there is none. That hook gets the environment that it would have without this server: by
# GIT_CONFIG_PARAMETERS, core.hooksPath would reach every git that it runs, in any repository. What
# receive-pack may take of memory is no limit for those either.

find_own_hook() {
  own_hook=$GITWS_OWN_HOOKS/${0##*/}
  unset GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT GIT_ALLOC_LIMIT GITWS_OWN_HOOKS GITWS_REF_RULES GITWS_REF_FOLD
  [ -x "$own_hook" ] && return
  # Git does something else where these do not exist: having had one, it must not do nothing.
  case ${0##*/} in proc-receive | push-to-checkout) exit 1 ;; esac
  exit 0
}
