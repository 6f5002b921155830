"""``tidings nginx``: print what nginx needs to know of this site."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from feeds.nginx_tables import nginx_tables
from feeds.routes import ROUTES, read_routes
from tidings.app import load_settings, open_output
from tidings.cli import OK

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Print the tables that ``deploy/nginx.conf`` includes."""
    settings = load_settings(options.config)
    routes = read_routes(open_output(settings).read(ROUTES))
    sys.stdout.write(nginx_tables(settings, routes))
    return OK
