"""Run the main job on a real body of each vendor, and print what a person wants to see."""

from __future__ import annotations

from pathlib import Path

import errnorm
from errnorm.cards import show

FIXTURES = Path(__file__).parent.parent / "fixtures"

BODIES = [
    ("cisco-finesse/rest-12-5-peripheral.xml", {"status": 503}),
    ("genesys-chat/bayeux-one.json", {}),
    ("genesys-gwe/502-json-by-url.json", {"status": 502, "vendor": "genesys-gwe"}),
    ("zoom-cobrowse/session-error-1011-3.json", {}),
    ("unknown/html-nginx-502.html", {"status": 502}),
]


def main() -> None:
    """Show each body and its records."""
    for name, known in BODIES:
        body = (FIXTURES / name).read_bytes()
        given = "".join(f" --{option} {value}" for option, value in known.items())
        print(f"\n$ errnorm parse{given} fixtures/{name}\n")
        print(body.decode("utf-8", "replace").rstrip()[:700], "\n")
        show("result", errnorm.normalize(body, **known))


if __name__ == "__main__":
    main()
