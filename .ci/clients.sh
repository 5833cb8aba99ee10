#!/bin/bash
# Installs the container clients that test/clients runs, from Debian packages alone, as root:
# this Debian's own on the machine, and newer ones in a chroot with Debian forky. It starts no
# service and mounts nothing that outlives it. Run again, it finds everything there and ends.
set -euo pipefail

readonly DIR=${SAMPAN_CLIENTS:-/var/lib/sampan-clients}
readonly SUITE=forky
readonly ROOT=$DIR/$SUITE
readonly HOST_PACKAGES=(
  docker.io containerd podman skopeo docker-registry openssl mmdebstrap debian-archive-keyring
)
readonly FORKY_PACKAGES=(
  docker.io docker-cli docker-compose docker-buildx containerd podman buildah skopeo crane oras
  cosign notation
)
readonly BUILD_LIMIT=20m

main() {
  install_on_host
  build_chroot
}

install_on_host() {
  dpkg -s "${HOST_PACKAGES[@]}" >/dev/null 2>&1 && return
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    made=$policy
  fi
  local status=0
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update && apt-get -qy install --no-install-recommends "${HOST_PACKAGES[@]}" || status=$?
  rm -f $made
  return $status
}

# Built beside its place and then moved, so that what stands there is always complete.
build_chroot() {
  local packages
  packages=$(IFS=, && echo "${FORKY_PACKAGES[*]}")
  [ "$(cat "$ROOT/.complete" 2>/dev/null)" != "$packages" ] || return 0
  mkdir -p "$DIR"
  rm -rf --one-file-system "$ROOT" "$ROOT.new"
  timeout $BUILD_LIMIT mmdebstrap --variant=essential --components=main --include="$packages" \
    --aptopt="$(apt_options)" --aptopt='APT::Install-Recommends "false"' \
    --customize-hook='echo 127.0.0.1 localhost >"$1/etc/hosts"' \
    $SUITE "$ROOT.new" "$(debian_mirror)"
  echo "$packages" >"$ROOT.new/.complete"
  mv "$ROOT.new" "$ROOT"
}

# How this machine reaches its packages: proxies, and whether a mirror may be an old snapshot.
apt_options() {
  apt-config dump | grep -E '^Acquire::(https?::|Check-Valid-Until|Check-Date|Retries)' || true
}

# The mirror from which the machine itself was installed, in either form of sources.list.
debian_mirror() {
  local found
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sed 's/#.*//' |
    grep -oE 'https?://[^ ]+/debian/?( |$)' | tr -d ' ' | head -n 1 || true)
  echo "${found:-http://deb.debian.org/debian}"
}

main
