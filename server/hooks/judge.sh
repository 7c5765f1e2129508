# Part of pre-receive and update, which judge: whether one ref may be changed as a push asks for. What is
# not known to be allowed is refused. The rules are in the environment, which nobody who pushes can
# reach: GITWS_REF_RULES, a line for each glob (ref-rules.ts makes them), and GITWS_REF_FOLD, 1 where the
# file system takes different names for the same. known_history is of the hook that this is part of.

: "${GITWS_REF_RULES:?}"

refuse() {
  printf 'gitws: %s\n' "$1" >&2
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
  text=${glob%%'*'*} glob=${glob#*'*'}
  case $part in "$text"*) part=${part#"$text"} ;; *) return 1 ;; esac
  while :; do
    case $glob in
      *'*'*) ;;
      *) case $part in *"$glob") return 0 ;; *) return 1 ;; esac ;;
    esac
    text=${glob%%'*'*} glob=${glob#*'*'}
    case $part in *"$text"*) part=${part#*"$text"} ;; *) return 1 ;; esac
  done
}

# matches NAME PATTERN: by component; * is any part of one, ** any number of whole ones.
matches() {
  case $2 in
    '**') return 0 ;;
    '**/'*)
      matches "$1" "${2#??/}" && return 0
      case $1 in */*) matches "${1#*/}" "$2" ;; *) return 1 ;; esac ;;
    */*)
      case $1 in
        */*) fits "${1%%/*}" "${2%%/*}" && matches "${1#*/}" "${2#*/}" ;;
        *) [ "${2#*/}" = '**' ] && fits "$1" "${2%%/*}" ;;
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
  # Defence: replacement refs do not make a rewritten history look whole.
  # Defence: what is not shown to keep history is asked of git.
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

# ASCII letters and no others are meant, whatever the locale is.
# Defence: letter case hides no ref from a rule.
# shellcheck disable=SC2018,SC2019
lower() { printf %s "$1" | tr A-Z a-z; }

# may NAME [LOWER]: every rule that matches must allow it. Letter case hides nothing from a rule.
may() {
  name=${2:-$1}
  case $name in *[A-Z]*) name=$(lower "$name") || return 1 ;; esac
  for rule in $GITWS_REF_RULES; do
    if matches "$name" "${rule#* }"; then allows "${rule%% *}" || return 1; fi
  done
  return 0
}

# symbolic NAME: puts what it stands for into target, as git symbolic-ref, which is started only where
# the ref's own file may be one: a push of a thousand refs would start a thousand. Other stores than
# files are left to git.
symbolic() {
  file=${GIT_DIR:-.}/$1
  if ! [ -e "${GIT_DIR:-.}/reftable" ] && ! [ -e "${GIT_DIR:-.}/commondir" ]; then
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
    # Defence: ref names with control characters are refused before they are judged.
    *[[:cntrl:]]*) refuse 'a ref name holds control characters.'; return ;;
    refs/?*) ;;
    *) refuse "$ref does not begin with refs/."; return ;;
  esac
  # Letters beyond ASCII fold in more ways than sh knows.
  case $GITWS_REF_FOLD$ref in
    1*[!\ -~]*) refuse "$ref: only ASCII names can be judged on this file system."; return ;;
  esac
  # In bytes: sh needs long for long ones.
  [ ${#ref} -le 1024 ] || { refuse 'a ref name is too long.'; return; }
  # The new oid first: git deletes also where the old one is wrong.
  case $new in
    *[!0]*) case $old in *[!0]*) deed=update ;; *) deed=create ;; esac ;;
    *) deed=delete ;;
  esac
  may "$ref" "$4" || { refuse "you may not $deed $ref."; return; }
  # A symbolic ref is another name for the ref that will change.
  symbolic "$ref"
  case $? in
    # Defence: a symbolic ref is judged by what it stands for.
    0) may "$target" || refuse "you may not $deed $target, which $ref stands for." ;;
    1) ;;
    *) refuse "$ref cannot be judged." ;;
  esac
}
