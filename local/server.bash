# shellcheck shell=bash
# What the scripts of local/ share: where a server lives, its port, whether a pid is really ours, starting and
# stopping it. A script sets `name` (of the server, as in messages and files) and sources this.
# ACED_LOCAL_DIR: see home.bash

# shellcheck source=home.bash
source "$(dirname "${BASH_SOURCE[0]}")/home.bash"
# shellcheck disable=SC2034,SC2154 # folder and log are for the scripts, name is theirs
folder=$home/$name log=$home/$name.log

# The comment at the top of a script is its help.
usage() {
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}

# Two at once would both make the first keys. The servers must not inherit the lock: 9>&- where they start.
lock() {
  exec 9>"$home/$name.lock"
  flock -w 120 9 || die "another local/$name holds $home/$name.lock"
}

# A pid counts only when that process works in our folder; after a crash of the machine the number may belong to
# anyone.
running() {
  pid=$(cat "$folder/pid" 2>/dev/null) && port=$(cat "$home/$name.port" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ && $(readlink "/proc/$pid/cwd" 2>/dev/null) == "$folder" ]]
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# choose_port FILE FIRST LAST: the port that FILE remembers if it is free, else a free one of the range. Where the search
# begins comes from the folder's name, so that two folders seldom meet. Ranges lie below the ports that the kernel
# hands out.
choose_port() {
  local remembered range=$(($3 - $2 + 1)) offset try next
  remembered=$(cat "$1" 2>/dev/null || true)
  [[ $remembered ]] && ! port_taken "$remembered" && { echo "$remembered"; return; }
  offset=$((16#$(sha256sum <<<"$home" | cut -c1-4) % range))
  for ((try = 0; try < range; try++)); do
    next=$(($2 + (offset + try) % range))
    port_taken "$next" || { echo "$next"; return; }
  done
  die "no free port from $2 to $3"
}

# Whether process $1 itself listens on 127.0.0.1:$2; an answer there may be anyone's.
listens() {
  local inode
  inode=$(awk -v at="0100007F:$(printf %04X "$2")" '$2 == at && $4 == "0A" {print $10}' /proc/net/tcp)
  [[ $inode ]] && readlink "/proc/$1/fd"/* 2>/dev/null | grep -qxF "socket:[$inode]"
}

# launch COMMAND...: in our folder, on its own, its output in the log. Sets pid.
launch() {
  (cd "$folder" && exec setsid "$@") </dev/null >>"$log" 2>&1 9>&- &
  pid=$!
  disown
  echo "$pid" >"$folder/pid"
}

# launch_java ARGUMENT...: temporary files go into our folder, and no performance data into the shared /tmp.
launch_java() {
  mkdir -p "$folder/tmp"
  launch java -XX:-UsePerfData "-Djava.io.tmpdir=$folder/tmp" -Djava.net.preferIPv4Stack=true "$@"
}

# The seconds of processor time that process $pid has had.
worked() {
  local -a stat
  read -r -a stat 2>/dev/null <"/proc/$pid/stat" || { echo 0; return; }
  echo $(((stat[13] + stat[14]) / $(getconf CLK_TCK)))
}

# start_server SECONDS ATTEMPT: ATTEMPT chooses a port and launches. Ends when the server answers (`ready`); a port that
# someone took in between is not the end. Given up is one that is silent after SECONDS and has done no work in the last
# SECONDS either: on a busy machine a start takes as long as it takes, up to four times that.
start_server() {
  local try began deadline before now
  for try in 1 2 3; do
    : >"$log"
    "$2"
    began=$SECONDS deadline=$((SECONDS + $1)) before=0
    while kill -0 "$pid" 2>/dev/null; do
      if listens "$pid" "$port" && ready; then return; fi
      if ((SECONDS >= deadline)); then
        now=$(worked)
        ((now > before && SECONDS - began < 4 * $1)) || break
        before=$now deadline=$((SECONDS + $1))
      fi
      sleep 0.05
    done
    stop_pid
    if ((try == 3)) || ! port_taken "$port"; then
      tail -n 20 "$log" >&2
      die "the server did not start (log: $log)"
    fi
  done
}

# Ends process $pid; only ever ours.
stop_pid() {
  local tries
  kill "$pid" 2>/dev/null || true
  for ((tries = 0; tries < 300; tries++)); do
    kill -0 "$pid" 2>/dev/null || break
    ((tries != 200)) || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$folder/pid"
}

down() {
  running || { say "is down"; return; }
  stop_pid
  say "stopped; the data stays in $folder"
}

# jars NAME: the jars that local/jars/NAME/pom.xml names, in .local/jars/NAME of the project, fetched once. None is used
# that differs from local/jars/NAME/SHA256SUMS. After a change of pom.xml, and a look at what came, write that file anew:
#   (cd .local/jars/NAME && LC_ALL=C sha256sum -- *.jar) >local/jars/NAME/SHA256SUMS
# Maven and its own plugins come from Debian and from Maven's repository, over TLS; their sums are not pinned.
jars() {
  local into=$project/.local/jars/$1 given=$project/local/jars/$1 fetched
  command -v java >/dev/null || die "no Java is installed: scripts/install-deps build"
  mkdir -p "$into"
  if ! jars_are_there; then
    exec 8>"$project/.local/jars/lock"
    flock -w 600 8 || die "another local/$name is fetching jars and holds $project/.local/jars/lock"
    if ! jars_are_there; then
      command -v mvn >/dev/null || die "no Maven is installed: scripts/install-deps build"
      say "fetching its jars (once)"
      rm -rf "${into:?}"/*
      fetched=$home/$name.fetch.log
      mvn -q -B -ntp --strict-checksums "-Dmaven.repo.local=$project/.local/m2" -f "$given/pom.xml" \
        dependency:copy-dependencies "-DoutputDirectory=$into" -DincludeScope=runtime >"$fetched" 2>&1 </dev/null 9>&- ||
        { cat "$fetched" >&2; die "Maven could not fetch the jars of $given/pom.xml"; }
      rm -f "$fetched"
      diff "$given/SHA256SUMS" <(cd "$into" && LC_ALL=C sha256sum -- *.jar) >&2 ||
        die "the jars in $into are not those of $given/SHA256SUMS (differences above): they are not used"
      cp "$given/SHA256SUMS" "$given/pom.xml" "$into/"
    fi
    exec 8>&-
  fi
}

# Whether `jars` fetched and checked them: the copies of both files in the folder are written last.
jars_are_there() { cmp -s "$given/pom.xml" "$into/pom.xml" && cmp -s "$given/SHA256SUMS" "$into/SHA256SUMS"; }

# A new value for a secret: $1 random bytes as hexadecimal digits.
random_hex() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# The status of a GET, or nothing: without curl, which a bare Debian does not have.
http_status() {
  local line
  exec 7<>"/dev/tcp/127.0.0.1/$1" || return
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&7
  read -r -t 5 line <&7 || true
  exec 7>&-
  line=${line#* }
  echo "${line%% *}"
}
