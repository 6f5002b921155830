#!/bin/sh
# The two commands of README.md. Needs Python 3.11 or later, and nothing else of ours.
#   ./run.sh demo [ARGUMENTS]   install, and run the service on the sample bulletin
#   ./run.sh check              install with the tools of development, and pass every test
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

case "${1:-}" in
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
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
