# shellcheck shell=bash
# The folder where a local server lives, for the scripts of local/. A script sets `name` (of the server, as in messages) and
# sources this, which sets `project` and `home`.
#
# ACED_LOCAL_DIR    where it lives (default: .local beside this folder); another folder is another server

say() { echo "${name:?}: $*" >&2; }
die() { say "$@"; exit 1; }

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
: "${ACED_LOCAL_DIR:=$project/.local}"
(umask go-w && mkdir -p "$ACED_LOCAL_DIR")

# The scripts write passwords and keys below this folder, under names that anybody can predict. So it must not be one that
# another user of the machine made, or a link that another user put there. The owner of the project is trusted: the
# scripts are theirs.
require_own_folder() {
  local path mode holder
  for path in "$ACED_LOCAL_DIR" "$ACED_LOCAL_DIR/."; do
    read -r mode holder < <(stat -c '%a %u' -- "$path") || die "cannot look at $path"
    [[ $holder == "$EUID" || $holder == 0 || $holder == "$(stat -c %u "$project")" ]] ||
      die "$ACED_LOCAL_DIR belongs to another user (uid $holder): name a folder of your own in ACED_LOCAL_DIR"
  done
  (((8#$mode & 8#2) == 0)) || die "other users can write to $ACED_LOCAL_DIR: name a folder of your own in ACED_LOCAL_DIR"
}
require_own_folder
# shellcheck disable=SC2034 # for the scripts
home=$(cd "$ACED_LOCAL_DIR" && pwd -P)
umask 077  # the folder itself may be readable by the server's user; what is made in it is private
