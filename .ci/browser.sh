#!/bin/bash
# Installs what test/browser and test/page run, as root: Chromium, a font that has Chinese, python3.
# Run again, it finds everything there and ends.
set -euo pipefail

readonly PACKAGES=(chromium fonts-noto-cjk python3)

export DEBIAN_FRONTEND=noninteractive
dpkg -s "${PACKAGES[@]}" >/dev/null 2>&1 && exit
apt-get -q update
apt-get -qy install --no-install-recommends "${PACKAGES[@]}"
