#!/usr/bin/env bash
# Builds the G.722 codec that ours is compared with into .peers/ at the root of the repository. Needs gcc and libspandsp-dev.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
out="$here/../../../.peers"
mkdir -p "$out"
gcc -O1 -Wall -Wextra -o "$out/g722-peer" "$here/g722-peer.c" -lspandsp -lm
