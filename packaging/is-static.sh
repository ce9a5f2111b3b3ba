#!/bin/sh
# Whether a program starts without any file beside it: packaging/is-static.sh BINARY. Needs readelf (binutils).
set -eu

binary="$1"
if readelf --program-headers --wide "$binary" | grep -q INTERP; then
    echo "packaging/is-static.sh: $binary asks for a loader, so it is not static" >&2
    exit 1
fi
if readelf --dynamic --wide "$binary" | grep -q NEEDED; then
    echo "packaging/is-static.sh: $binary asks for libraries, so it is not static" >&2
    exit 1
fi
