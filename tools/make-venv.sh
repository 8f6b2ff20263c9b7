#!/bin/sh
# make-venv.sh PYTHON FOLDER: makes a virtual environment, or says in one line what is missing.
set -eu
python=$1
folder=$2

fail() {
    echo "make setup: $1" >&2
    exit 1
}

command -v "$python" >/dev/null ||
    fail "there is no '$python'; install Python 3.11 or newer (Debian: apt install python3 python3-venv)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "'$python' is $("$python" --version 2>&1), but 3.11 or newer is needed: make PYTHON=python3.11 …"
[ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1 && exit 0

# Debian splits Python's own installer off into a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "Python's venv module is missing; as root: apt install $package"
    echo "Installing Debian's $package …"
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends "$package"; } >/dev/null ||
        fail "apt could not install $package"
fi
"$python" -m venv --clear "$folder"
