"""The `errnorm` command."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; without its extra, say how to get it."""
    try:
        from errnorm.cli import cli  # noqa: PLC0415 - click comes with an extra
    except ModuleNotFoundError as error:
        if error.name not in {"click", "rich"}:
            raise
        sys.exit(f'The errnorm command needs {error.name}. Install it with: pip install "errnorm[cli]"')
    except KeyboardInterrupt:  # imports take a while
        sys.exit(130)
    cli(prog_name="errnorm")


if __name__ == "__main__":
    main()
