"""`python -m gateway` is `tongban`."""

from __future__ import annotations


def main() -> None:
    from gateway.cli.main import app

    app()


if __name__ == "__main__":
    main()
