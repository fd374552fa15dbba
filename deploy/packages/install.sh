#!/bin/sh
# Installs, upgrades and removes aranya-edge where there is no dpkg. Safe to run again: what is there already stays.
set -eu

usage() {
  cat <<'TEXT'
install.sh: install or upgrade aranya-edge from this folder, or remove it

  ./install.sh [options]
                    install, or upgrade what is there; run twice it changes
                    nothing
  ./install.sh --uninstall [options]
                    remove program and units; keys, teams and configuration stay
  ./install.sh --uninstall --purge
                    and keys, teams and configuration: the device is then
                    another device

  --prefix DIR      program goes to DIR/bin, manual pages and completions to
                    DIR/share (/usr/local)
  --within DIR      for a read-only root: program, configuration and state all
                    under DIR, the only place written but /run; the unit is in
                    /run/systemd/system until the next boot, then DIR/at-boot.sh
                    brings it back
  --group NAME      with --within: the group that may open the socket, where the
                    image has no group aranya-edge
  --root DIR        install into a system image mounted there, which is not
                    running; nothing is started
  --no-start        do not enable and start the service
  --dry-run         say what would be done, and do nothing
  --help

State is /var/lib/aranya-edge, configuration /etc/aranya-edge/config.json, the
socket /run/aranya-edge/socket. Give --uninstall the same --prefix, --within or
--root as the installation.

Exit codes: 0 done, 64 wrong usage, 69 this device lacks something, 70 the files
beside this script are damaged, 73 not enough space, 77 not root.

Examples:
  sudo ./install.sh
  sudo ./install.sh --within /data/aranya-edge --group apps
  sudo ./install.sh --uninstall --purge
TEXT
}

here=$(cd "$(dirname "$0")" && pwd)
prefix=/usr/local within='' group='' root='' action=install purge=no start=yes dry=no

die() {
  code=$1
  shift
  echo "install.sh: $*" >&2
  exit "$code"
}
value() { if [ $# -lt 2 ] || [ -z "$2" ]; then die 64 "$1 needs a value; see --help"; fi; }
while [ $# -gt 0 ]; do
  case "$1" in
    --prefix) value "$@"; prefix=$2; shift ;;
    --within) value "$@"; within=$2; shift ;;
    --group) value "$@"; group=$2; shift ;;
    --root) value "$@"; root=$2; shift ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    --no-start) start=no ;;
    --dry-run) dry=yes ;;
    --help | -h) usage; exit 0 ;;
    *) die 64 "there is no option $1; see --help" ;;
  esac
  shift
done
[ "$purge" = no ] || [ "$action" = uninstall ] || die 64 "--purge goes with --uninstall"
# They end up in unit files and shell commands.
for path in "$prefix" "$within" "$root"; do
  case "$path" in
    '') ;;
    *[!A-Za-z0-9/._-]*) die 64 "a path of letters, digits, . _ - and / only: $path" ;;
    */./* | */. | */../* | */..) die 64 "a path without . and ..: $path" ;;
    /*) ;;
    *) die 64 "an absolute path: $path" ;;
  esac
done
# A variable that was empty before its slash: --root "$IMAGE/" would be this system, --within "$DATA/" its /etc.
for path in "$within" "$root"; do
  case "$path" in
    *[!/]* | '') ;;
    *) die 64 "--within and --root take a directory of their own, not $path" ;;
  esac
done
case "$group" in
  *[!A-Za-z0-9._-]*) die 64 "a group of letters, digits, . _ and - only: $group" ;;
esac
root=${root%/}

etc=/etc/aranya-edge state=/var/lib/aranya-edge units=/etc/systemd/system
if [ -n "$within" ]; then
  [ -z "$root" ] || die 64 "--within or --root, not both"
  prefix=$within etc=$within/etc state=$within/state units=/run/systemd/system
fi
program=$prefix/bin/aranya-edge
helper=$prefix/libexec/aranya-edge/notify-helper
share=$prefix/share
config=$etc/config.json

[ "$dry" = yes ] || [ "$(id -u)" = 0 ] || die 77 "only root can do this; --dry-run shows what it would be"

run() {
  if [ "$dry" = yes ]; then echo "would: $*"; else "$@"; fi
}
say() { echo "install.sh: $*"; }
# Small images have no getent.
has_user() { id -u "$1" >/dev/null 2>&1; }
has_group() { grep -q "^$1:" /etc/group || getent group "$1" >/dev/null 2>&1; }
is_running_system() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
changed=no

# put MODE FROM TO: under another name first, so that whoever looks finds the old file or the new one, whole.
put() {
  if [ -f "$root$3" ] && cmp -s "$2" "$root$3"; then return 0; fi
  changed=yes
  run mkdir -p "$root$(dirname "$3")"
  run cp "$2" "$root$3.new"
  run chmod "$1" "$root$3.new"
  run mv -f "$root$3.new" "$root$3"
  say "$3"
}
take_away() {
  if [ ! -e "$root$1" ] && [ ! -L "$root$1" ]; then return 0; fi
  run rm -rf "$root$1"
  say "removed $1"
}
# Under --within others may have directories of the same names.
take_away_if_empty() {
  if [ ! -d "$root$1" ]; then return 0; fi
  run rmdir "$root$1" 2>/dev/null || say "there is more in $1: it stays"
}

check_files() {
  command -v sha256sum >/dev/null || { say "no sha256sum here: the files are not checked"; return 0; }
  (cd "$here" && sha256sum -c SHA256SUMS >/dev/null 2>&1) ||
    die 70 "the files in $here are not those of SHA256SUMS: unpack the archive again"
}

check_program() {
  [ -z "$root" ] || return 0 # of another machine, perhaps of another kind
  "$here/bin/aranya-edge" --version >/dev/null 2>&1 && return 0
  reason=$("$here/bin/aranya-edge" --version 2>&1 | head -n 3) || true
  die 69 "the program does not run on this device ($(uname -m)): ${reason:-no reason given}. It needs glibc 2.28, libstdc++ 6 and libatomic 1; nothing was changed"
}

check_space() {
  folder=$root$prefix
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  needs=$(($(wc -c <"$here/bin/aranya-edge") / 1024 + 1024))
  has=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
  [ "$has" -ge "$needs" ] || die 73 "$folder has $has KiB free, $needs are needed while the old program is still there"
}

# Sets `group`, and `account` to whether there is one of the daemon's own; else systemd makes one up while it runs.
account() {
  account=yes
  if [ -n "$root" ]; then
    put 644 "$here/systemd/sysusers.conf" /etc/sysusers.d/aranya-edge.conf # made when it boots
  elif has_user aranya-edge; then
    :
  elif [ -n "$within" ]; then
    account=no
    if [ -z "$group" ] && has_group aranya-edge; then group=aranya-edge; fi
    if [ -z "$group" ]; then
      say "this image has no group aranya-edge: only root may open the socket, unless --group names a group"
    else
      has_group "$group" || die 64 "there is no group $group"
    fi
  elif command -v systemd-sysusers >/dev/null; then
    run systemd-sysusers "$here/systemd/sysusers.conf"
  else
    run groupadd --system aranya-edge
    run useradd --system --gid aranya-edge --home-dir "$state" --no-create-home --shell /usr/sbin/nologin aranya-edge
  fi
  if [ "$account" = yes ]; then group=${group:-aranya-edge}; fi
}

# The unit as it is for the paths chosen.
unit() {
  sed -e "s|/usr/bin/aranya-edge|$program|" -e "s|/usr/libexec/aranya-edge/notify-helper|$helper|" "$here/systemd/$1" |
    if [ -n "$within" ]; then
      sed -e "s|%S/aranya-edge|$state|" -e "s|/etc/aranya-edge/|$etc/|" -e '/^StateDirectoryMode=/d' \
        -e "s|^StateDirectory=.*|ReadWritePaths=$state|" -e "s|^Group=.*|${group:+Group=$group}|"
    else
      cat
    fi |
    if [ "$account" = no ]; then
      # The number of the user may be another one next time.
      own="[ \"\$(stat -c %%u $state)\" = \"\$(stat -c %%u /run/aranya-edge)\" ] || chown -hR \"\$(stat -c %%u /run/aranya-edge)\" $state"
      sed -e '/^RuntimeDirectoryPreserve=/d' -e "s|^User=.*|User=aranya-edge\\nDynamicUser=yes\\nExecStartPre=+/bin/sh -c '$(quoted "$own")'|"
    else
      cat
    fi
}
# For the right side of s|…|…| in sed.
quoted() { printf '%s' "$1" | sed -e 's/[\\&|]/\\&/g'; }

put_unit() {
  unit "$2" >"$scratch/unit"
  put 644 "$scratch/unit" "$1/$2"
}

at_boot() {
  cat <<TEXT
#!/bin/sh
# Brings the unit back that the last boot forgot, and starts it: to be called once at boot.
set -eu
mkdir -p /run/systemd/system
cp -R $within/units/aranya-edge.service* /run/systemd/system/
systemctl daemon-reload
systemctl start aranya-edge.service
TEXT
}

install() {
  [ -x "$here/bin/aranya-edge" ] || die 70 "there is no bin/aranya-edge beside this script"
  check_files
  check_program
  check_space
  scratch=$(mktemp -d "${within:-/tmp}/.aranya-edge-install.XXXXXX" 2>/dev/null || mktemp -d /run/aranya-edge-install.XXXXXX)
  trap 'rm -rf "$scratch"' EXIT
  account

  if [ ! -d "$root$etc" ]; then run mkdir -p "$root$etc"; fi
  if [ ! -e "$root$config" ]; then
    # Once: from now on it is the administrator's. It names teams and peers, and no secret.
    if [ -z "$root" ] && [ -n "$group" ]; then
      put 640 "$here/systemd/config.json" "$config"
      run chown "root:$group" "$config"
    else
      put 644 "$here/systemd/config.json" "$config"
    fi
  fi
  put 755 "$here/bin/aranya-edge" "$program"
  if [ -e "$here/libexec/notify-helper" ]; then put 755 "$here/libexec/notify-helper" "$helper"; fi
  for path in $(readers); do put 644 "$here/share/$path" "$share/$path"; done
  if [ -n "$within" ]; then
    if [ ! -d "$state" ]; then
      run mkdir -p -m 0700 "$state"
      if [ "$account" = yes ]; then run chown "aranya-edge:$group" "$state"; fi
    fi
    # Of several daemons each would need a state directory of its own, made beforehand: only the one is installed.
    put_units "$within/units" aranya-edge.service
    at_boot >"$scratch/at-boot.sh"
    put 755 "$scratch/at-boot.sh" "$within/at-boot.sh"
    put_units "$units" aranya-edge.service
  else
    put_units "$units" aranya-edge.service aranya-edge@.service
  fi

  if is_running_system && command -v systemctl >/dev/null; then
    [ "$changed" = no ] || run systemctl daemon-reload
    if [ "$start" = yes ]; then
      [ -n "$within" ] || run systemctl enable --quiet aranya-edge.service
      if [ "$changed" = yes ]; then
        run systemctl restart aranya-edge.service
        run systemctl try-restart 'aranya-edge@*.service'
      else
        run systemctl start aranya-edge.service
      fi
    fi
  elif [ -n "$root" ] && [ "$start" = yes ]; then
    run mkdir -p "$root$units/multi-user.target.wants"
    run ln -sf "$units/aranya-edge.service" "$root$units/multi-user.target.wants/aranya-edge.service"
  fi
  if [ "$changed" = no ]; then say "$(cat "$here/VERSION") is there already"; else say "$(cat "$here/VERSION") is installed"; fi
}

# Manual pages and completions, below share/: those of this archive, here and where it is removed from.
readers() {
  if [ -d "$here/share" ]; then (cd "$here/share" && find . -type f | sed 's|^\./||' | sort); fi
}

put_units() {
  folder=$1
  shift
  for name in "$@"; do
    put_unit "$folder" "$name"
    if [ -e "$here/systemd/$name.d/10-without-ffi.conf" ]; then put_unit "$folder" "$name.d/10-without-ffi.conf"; fi
  done
}

# By its configuration, or by the two folders its daemon makes: others may have state of such a name.
is_instance() { [ -e "$root$etc/$2.json" ] || { [ -d "$1/keystore" ] && [ -d "$1/teams" ]; }; }

uninstall() {
  if is_running_system && command -v systemctl >/dev/null; then
    run systemctl disable --now --quiet aranya-edge.service 2>/dev/null || true
    run systemctl stop 'aranya-edge@*.service' 2>/dev/null || true
  fi
  for name in aranya-edge.service aranya-edge@.service; do
    take_away "$units/$name"
    take_away "$units/$name.d/10-without-ffi.conf"
    if [ -d "$root$units/$name.d" ]; then rmdir "$root$units/$name.d" 2>/dev/null || true; fi # an administrator's stay
  done
  take_away "$units/multi-user.target.wants/aranya-edge.service"
  take_away "$program"
  take_away "$prefix/libexec/aranya-edge"
  for path in $(readers); do take_away "$share/$path"; done
  take_away_if_empty "$share/doc/aranya-edge"
  [ -z "$root" ] || take_away /etc/sysusers.d/aranya-edge.conf
  if [ -n "$within" ]; then
    take_away "$within/units/aranya-edge.service"
    take_away "$within/units/aranya-edge.service.d/10-without-ffi.conf"
    take_away_if_empty "$within/units/aranya-edge.service.d"
    take_away_if_empty "$within/units"
    if grep -qs aranya-edge.service "$within/at-boot.sh"; then take_away "$within/at-boot.sh"; fi
  fi
  if [ "$purge" = yes ] && [ -n "$within" ]; then
    take_away "$state/keystore"
    take_away "$state/teams"
    take_away "$state/audit"
    take_away "$config"
    take_away_if_empty "$state"
    take_away_if_empty "$etc"
  elif [ "$purge" = yes ]; then
    for one in "$root"/var/lib/private/aranya-edge-*; do
      name=${one##*/}
      if is_instance "$one" "${name#aranya-edge-}"; then
        if [ -L "$root/var/lib/$name" ]; then take_away "/var/lib/$name"; fi
        take_away "${one#"$root"}"
      fi
    done
    take_away "$state"
    take_away "$etc"
  else
    say "keys and teams stay in $state, the configuration in $etc"
  fi
  if is_running_system && command -v systemctl >/dev/null; then run systemctl daemon-reload; fi
}

$action
