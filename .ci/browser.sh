#!/bin/bash
# Installs what test/browser runs, as root: Chromium and a font that has Chinese.
# Run again, it finds everything there and ends.
set -euo pipefail

readonly PACKAGES=(chromium fonts-noto-cjk)

export DEBIAN_FRONTEND=noninteractive
dpkg -s "${PACKAGES[@]}" >/dev/null 2>&1 && exit
apt-get -q update
apt-get -qy install --no-install-recommends "${PACKAGES[@]}"
