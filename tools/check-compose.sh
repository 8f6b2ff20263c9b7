#!/bin/sh
# Lets docker-compose read docker-compose.yml, which needs no Docker engine; Debian's is
# installed when we are root, and the check is left out, saying so, where there is none.
set -eu
if ! command -v docker-compose >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends docker-compose; } >/dev/null 2>&1 || true
fi
if ! command -v docker-compose >/dev/null; then
    echo "docker-compose.yml: not checked, there is no docker-compose (Debian: apt install docker-compose)"
    exit 0
fi
SITE_URL=https://example.org SECRET_KEY=x POSTGRES_PASSWORD=x docker-compose config --quiet
if SITE_URL='' SECRET_KEY='' POSTGRES_PASSWORD='' docker-compose config --quiet 2>/dev/null; then
    echo "docker-compose.yml: starts without SITE_URL, SECRET_KEY and POSTGRES_PASSWORD" >&2
    exit 1
fi
echo "docker-compose.yml: fine"
