#!/usr/bin/env bash
# Runs `aranya-edge measure` on many devices over ssh and puts their reports on one page. See deploy/README.md.
set -euo pipefail

usage() {
  cat <<'END'
Usage: deploy/fleet.sh [options] HOST… [-- OPTIONS OF MEASURE]

  --hosts FILE       more hosts, one a line; # begins a comment
  --out DIR          where reports and page go; default: fleet-DATE in the current directory
  --executable FILE  copied to each host, run there, removed again; default: the aranya-edge that is installed there
  --dist DIR         the same, FILE being the one in DIR for the host's processor: aranya-edge-*-linux-x64, -arm64, -armv7
  --remote-dir DIR   where the copy goes on the host, and may be run from; default: its TMPDIR, else /tmp
  --local FILE       the aranya-edge of this machine, which makes the page; default: the one in PATH
  --jobs N           hosts at a time; default 4
  --timeout SECONDS  for each host, from connecting to its report; default 1800

A HOST is what ssh takes: name, user@name, a Host of ssh's own configuration. Keys, ports and jumps belong there. Nobody is
asked for a password. What follows -- goes to `measure` on every host: -- --quick --work-dir /var/lib

Exit codes: 0 every host measured all, 1 some did not (their .log says why), 64 bad usage, 69 no aranya-edge here.
END
}

fail_usage() {
  printf 'fleet.sh: %s\nTry: deploy/fleet.sh --help\n' "$1" >&2
  exit 64
}

say() { printf 'fleet.sh: %s\n' "$*" >&2; }

hosts=() measure_args=()
out='' executable='' dist='' remote_dir='' local_edge='' jobs=4 limit=1800

add_host() {
  # Neither an option of ssh nor a path, and nothing a shell would read.
  [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9_.:@%-]*$ ]] || fail_usage "not a host: ${1:0:64}"
  local host
  for host in "${hosts[@]}"; do
    [[ $host != "$1" ]] || return 0
  done
  hosts+=("$1")
}

add_hosts_of() {
  local line
  [[ -r $1 ]] || fail_usage "cannot read $1"
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%%#*}
    line=${line//[[:space:]]/}
    [[ -z $line ]] || add_host "$line"
  done <"$1"
}

number() {
  [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || fail_usage "$1 takes a whole number from 1 to 999999"
}

while (($# > 0)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --)
      shift
      measure_args=("$@")
      break
      ;;
    --hosts | --out | --executable | --dist | --remote-dir | --local | --jobs | --timeout)
      (($# > 1)) || fail_usage "$1 needs a value"
      case $1 in
        --hosts) add_hosts_of "$2" ;;
        --out) out=$2 ;;
        --executable) executable=$2 ;;
        --dist) dist=$2 ;;
        --remote-dir) remote_dir=$2 ;;
        --local) local_edge=$2 ;;
        --jobs) number --jobs "$2" && jobs=$2 ;;
        --timeout) number --timeout "$2" && limit=$2 ;;
      esac
      shift 2
      ;;
    -*) fail_usage "there is no option ${1:0:64}" ;;
    *)
      add_host "$1"
      shift
      ;;
  esac
done

((${#hosts[@]} > 0)) || fail_usage "give a host"
[[ -z $executable || -z $dist ]] || fail_usage "--executable or --dist, not both"
[[ -z $executable || -r $executable ]] || fail_usage "cannot read $executable"
[[ -z $dist || -d $dist ]] || fail_usage "there is no directory $dist"
local_edge=${local_edge:-$(command -v aranya-edge || true)}
if [[ -z $local_edge || ! -x $local_edge ]]; then
  say "no aranya-edge on this machine to make the page with: give one by --local"
  exit 69
fi
out=${out:-fleet-$(date +%Y%m%d-%H%M%S)}
mkdir -p "$out"

# A host that was cut off ends by itself.
has_time_max=false
for arg in "${measure_args[@]}"; do
  [[ $arg != --time-max* ]] || has_time_max=true
done
if ! $has_time_max; then measure_args+=(--time-max "$((limit > 90 ? limit - 60 : limit))"); fi

ssh_options=(-o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=4)

# For the shell at the other end, which need not be bash.
quoted() {
  local word
  for word in "$@"; do printf " '%s'" "${word//\'/\'\\\'\'}"; done
}

# The file in --dist for the processor of a host.
file_for() {
  local machine name files
  machine=$(timeout --foreground "$limit" ssh "${ssh_options[@]}" "$1" 'uname -m' </dev/null) || return 1
  case $machine in
    x86_64) name=x64 ;;
    aarch64) name=arm64 ;;
    armv7* | armv8l) name=armv7 ;;
    *)
      printf 'no executable for a %s\n' "${machine:0:64}" >&2
      return 1
      ;;
  esac
  files=("$dist"/aranya-edge-*-linux-"$name")
  if [[ ! -f ${files[0]} ]] || ((${#files[@]} != 1)); then
    printf 'not one but %d files match %s\n' "${#files[@]}" "$dist/aranya-edge-*-linux-$name" >&2
    return 1
  fi
  printf '%s' "${files[0]}"
}

# One host: its report on stdout, what went wrong on stderr.
measure_on() {
  local host=$1 file=$executable command
  command="measure --json$(quoted "${measure_args[@]}")"
  if [[ -n $dist ]]; then file=$(file_for "$host") || return 1; fi
  if [[ -z $file ]]; then
    timeout --foreground --kill-after=10 "$limit" ssh "${ssh_options[@]}" "$host" "aranya-edge $command" </dev/null
    return
  fi
  local make_directory="d=\$(mktemp -d \"\${TMPDIR:-/tmp}/aranya-edge-fleet.XXXXXX\")"
  [[ -z $remote_dir ]] || make_directory="d=\$(mktemp -d$(quoted "$remote_dir/aranya-edge-fleet.XXXXXX"))"
  # Not exec: the shell stays, to remove the copy.
  timeout --foreground --kill-after=10 "$limit" ssh "${ssh_options[@]}" "$host" \
    "set -e; $make_directory; trap 'rm -rf \"\$d\"' EXIT; trap 'exit 129' HUP; trap 'exit 143' TERM; \
cat >\"\$d/aranya-edge\"; chmod 700 \"\$d/aranya-edge\"; \"\$d/aranya-edge\" $command" <"$file"
}

run_host() {
  local host=$1 code=0
  local report=$out/$host.json log=$out/$host.log
  rm -f "$report"
  measure_on "$host" >"$report.part" 2>"$log" || code=$?
  case $code in
    0 | 1) ;; # 1: something was not measured, and the report says what
    124 | 137) printf 'no report within %s s\n' "$limit" >>"$log" ;;
    255) printf 'ssh could not reach it\n' >>"$log" ;;
    *) printf 'ended with %d\n' "$code" >>"$log" ;;
  esac
  # Whatever a host sent, it counts when it is a report.
  if ((code <= 1)) && "$local_edge" measure --compare "$report.part" >/dev/null 2>>"$log"; then
    mv "$report.part" "$report"
    if ((code == 0)); then say "$host: done"; else say "$host: not all of it could be measured"; fi
    return "$code"
  fi
  rm -f "$report.part"
  say "$host: FAILED: $(tail -n 2 "$log" | tr '\n' ' ' | tr -cd '[:print:]' | cut -c 1-300)"
  return 1
}

# Each host in a process group of its own, so that all of it can be ended.
set -m
end_all() {
  trap - INT TERM
  local pid
  for pid in $(jobs -p); do kill -TERM -- "-$pid" 2>/dev/null || true; done
  exit 130
}
trap end_all INT TERM

say "${#hosts[@]} hosts, $jobs at a time, into $out"
running=0 bad=0
for host in "${hosts[@]}"; do
  if ((running >= jobs)); then
    wait -n || bad=$((bad + 1))
    running=$((running - 1))
  fi
  run_host "$host" &
  running=$((running + 1))
done
while ((running > 0)); do
  wait -n || bad=$((bad + 1))
  running=$((running - 1))
done

reports=()
for host in "${hosts[@]}"; do
  [[ ! -f $out/$host.json ]] || reports+=("$out/$host.json")
done
if ((${#reports[@]} > 0)); then
  "$local_edge" measure --compare --html "$out/fleet.html" "${reports[@]}"
  say "${#reports[@]} of ${#hosts[@]} hosts on $out/fleet.html"
else
  say "no host sent a report"
fi
((bad == 0)) || exit 1
