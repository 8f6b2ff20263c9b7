#!/bin/sh
# Makes sure that the browser tests have a Chromium: Debian's, installed here when we are root.
set -eu
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "make test: the browser tests need Chromium; as root: apt install chromium" >&2
    exit 1
fi
echo "Installing Debian's chromium for the browser tests …"
{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends chromium; } >/dev/null || {
    echo "make test: apt could not install chromium" >&2
    exit 1
}
