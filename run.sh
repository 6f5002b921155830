#!/bin/sh
# The two commands of README.md. Needs Python 3.11 or later, and nothing else of ours.
#   ./run.sh demo [ARGUMENTS]   install, and run the service on the sample bulletin
#   ./run.sh check              install with the tools of development, and pass every test
#   ./run.sh services           install the real servers and readers that some tests run (Debian, root)
#   ./run.sh tidings ARGUMENTS  install, and run the program
set -eu
cd "$(dirname "$0")"

find_python() {
    for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    echo "run.sh: needs Python 3.11 or later; name it with PYTHON=/path/to/python3" >&2
    exit 1
}

# An environment is made again only when what it is made from has changed.
environment() { # FOLDER, then what pip installs
    folder=$1
    shift
    if [ -x "$folder/bin/python" ] && cmp -s pyproject.toml "$folder/made-from.toml"; then
        return
    fi
    python=$(find_python)
    echo "run.sh: making $folder with $("$python" --version)" >&2
    if ! "$python" -m venv --clear "$folder"; then
        echo "run.sh: this Python cannot make environments; on Debian: apt install python3-venv" >&2
        exit 1
    fi
    "$folder/bin/python" -m pip install --quiet --upgrade 'pip>=25.1' >&2
    "$folder/bin/python" -m pip install --quiet "$@" >&2
    cp pyproject.toml "$folder/made-from.toml"
}

# Where they cannot be had, the tests that need them are skipped and say so.
services() {
    missing=$(sed '/^#/d' tests/services.txt | while read -r package; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null |
            grep -q '^installed$' || echo "$package"
    done)
    if [ -n "$missing" ]; then
        apt-get update --quiet=2
        # The tests start a Postfix of their own; that of the machine is not to serve anybody.
        echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
        # shellcheck disable=SC2086 - one word is one package
        DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
            $missing >/dev/null
    fi
    if ! cmp -s tests/node/package.json .services/made-from.json; then
        mkdir -p .services
        cp tests/node/package.json .services/package.json
        npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts \
            --prefix .services >/dev/null
        cp tests/node/package.json .services/made-from.json
    fi
}

case "${1:-}" in
services)
    services
    ;;
demo | tidings)
    environment .venv --editable .
    [ "$1" = tidings ] && shift
    exec .venv/bin/tidings "$@"
    ;;
check)
    shift
    environment .venv-dev --editable '.[postgres]' --group dev
    bin=.venv-dev/bin
    "$bin/ruff" check .
    "$bin/ruff" format --check .
    "$bin/mypy"
    exec "$bin/python" -m pytest -n auto "$@"
    ;;
*)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
