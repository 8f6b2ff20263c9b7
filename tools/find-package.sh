#!/bin/sh
# find-package.sh PACKAGE COMMAND…: makes sure that one of the commands is there, which the tests
# need: Debian's package of that name, installed here when we are root.
set -eu
package=$1
shift
for name in "$@"; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "make: this needs $package; as root: apt install $package" >&2
    exit 1
fi
echo "Installing Debian's $package …"
{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "$package"; } >/dev/null || {
    echo "make: apt could not install $package" >&2
    exit 1
}
