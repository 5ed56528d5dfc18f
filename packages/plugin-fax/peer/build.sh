#!/usr/bin/env bash
# Builds the fax machine the tests talk to into .peers/ at the root of the repository. Needs gcc, libspandsp-dev and libtiff-dev.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
out="$here/../../../.peers"
mkdir -p "$out"
gcc -O1 -Wall -Wextra -o "$out/fax-peer" "$here/fax-peer.c" "$here/udptl.c" -lspandsp -lm
gcc -O1 -Wall -Wextra -o "$out/tiff-tool" "$here/tiff-tool.c" -ltiff
