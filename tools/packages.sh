# shellcheck shell=bash
# packages.sh - what each purpose needs from Debian 12, and how it gets there.
#
# packages_ensure PURPOSE... installs what is missing, as root or through sudo, and is silent when
# nothing is. Services that come along (slapd) are neither started nor left enabled: the project
# runs its own, unprivileged, from its own folders.

declare -A PACKAGES=(
    [build]="gcc libc6-dev cmake ninja-build pkg-config gettext python3
        libssl-dev libjansson-dev libmicrohttpd-dev libgnutls28-dev libldap-dev libsqlite3-dev
        liboath-dev libqrencode-dev libargon2-dev libcurl4-openssl-dev libcsv-dev
        libunistring-dev libyaml-dev check"
    [clang]="clang libclang-rt-14-dev"
    [run]="slapd slapd-contrib ldap-utils openssl python3"
    [lint]="clang-format clang-tidy shellcheck git python3 python3-yaml python3-jsonschema"
    [browser]="chromium fonts-dejavu-core python3-authlib python3-requests"
    [coverage]="lcov"
    [fresh]="mmdebstrap git"
)
POLICY_FILE=/usr/sbin/policy-rc.d

# Those of the named packages that are not installed.
packages_missing() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
            echo "$package"
    done
}

# Node.js may come from elsewhere than Debian; what counts is the commands.
packages_node() {
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Tells the size of what apt would fetch, in megabytes, from its own list of files.
packages_announce() {
    local bytes
    bytes=$(as_root apt-get install -y --no-install-recommends --print-uris -qq "$@" |
        awk '$3 ~ /^[0-9]+$/ {sum += $3} END {printf "%d", sum}')
    echo "Installing from Debian ($(((bytes + 999999) / 1000000)) MB to fetch): $*" >&2
}

# Keeps services from starting while packages are installed; undone by packages_services_allow.
packages_services_forbid() {
    if [ -e $POLICY_FILE ]; then as_root mv $POLICY_FILE $POLICY_FILE.habilis; fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee $POLICY_FILE >/dev/null
    as_root chmod 755 $POLICY_FILE
}

packages_services_allow() {
    as_root rm -f $POLICY_FILE
    if [ -e $POLICY_FILE.habilis ]; then as_root mv $POLICY_FILE.habilis $POLICY_FILE; fi
}

packages_install() {
    local had_slapd=0 status=0
    [ -z "$(packages_missing slapd)" ] && had_slapd=1
    trap packages_services_allow EXIT INT TERM
    packages_services_forbid
    if command -v debconf-set-selections >/dev/null; then
        echo "slapd slapd/no_configuration boolean true" | as_root debconf-set-selections
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -q -o Dpkg::Use-Pty=0 "$@" >&2 || status=$?
    packages_services_allow
    trap - EXIT INT TERM
    if [ $had_slapd -eq 0 ] && [ -e /etc/init.d/slapd ]; then
        as_root update-rc.d slapd disable >/dev/null 2>&1 || true
    fi
    return $status
}

# packages_ensure PURPOSE...
packages_ensure() {
    local purpose wanted="" missing
    command -v dpkg-query >/dev/null || return 0 # not Debian: cmake will name what is missing
    for purpose in "$@"; do
        wanted="$wanted ${PACKAGES[$purpose]}"
    done
    # shellcheck disable=SC2086 # a list of package names
    missing=$(packages_missing $wanted | sort -u | tr '\n' ' ')
    case " $* " in *" browser "*) missing+=$(packages_node | tr '\n' ' ') ;; esac
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "Missing: $missing. Install them as root: apt-get install $missing" >&2
        return 1
    fi
    echo "Refreshing the list of packages" >&2
    as_root apt-get update -q >&2
    # shellcheck disable=SC2086
    packages_announce $missing
    # shellcheck disable=SC2086
    packages_install $missing
}
