"""
Commands that give something out of the gateway: archive packages, reports, exchange tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="机器可读输出 machine-readable output")]
Out = Annotated[Path | None, typer.Option(help="xlsx、csv、json 文件 file to write")]

report = typer.Typer(help="统计报表 reports", no_args_is_help=True, rich_markup_mode=None)

exchange = typer.Typer(
    help="国家数据交换表 exchange tables", no_args_is_help=True, rich_markup_mode=None
)


def add_outgoing(app: typer.Typer, case: typer.Typer) -> None:
    """Put these commands into the command line; `case` gets those about one case."""
    app.add_typer(report, name="report")
    app.add_typer(exchange, name="exchange")
    case.command("export")(case_export)
    case.command("verify")(case_verify)


def case_export(
    number: str,
    out: Annotated[Path, typer.Option(help="归档包文件 the package to write")],
    reason: Annotated[str, typer.Option(help="理由,写入审计 why; recorded")],
    include_open: Annotated[
        bool, typer.Option("--open", help="未结办件也导出 also a case that is not closed")
    ] = False,
    as_json: Json = False,
) -> None:
    """导出办件归档包 write a closed case as one archive package, then check it."""
    from gateway.cli.archive import export

    raise typer.Exit(
        export(number, out=out, reason=reason, include_open=include_open, as_json=as_json)
    )


def case_verify(
    file: Annotated[Path, typer.Argument(help="归档包文件 the package")],
    manifest: Annotated[
        str | None, typer.Option(help="清单应有的 SHA-256 the digest its manifest must have")
    ] = None,
    as_json: Json = False,
) -> None:
    """核对归档包,不需要网关 check an archive package without gateway and database."""
    from gateway.cli.archive import check

    raise typer.Exit(check(file, manifest=manifest, as_json=as_json))


@report.command("quarter")
def report_quarter(
    period: Annotated[str, typer.Argument(help="2026-Q1")],
    out: Out = None,
    as_json: Json = False,
) -> None:
    """季报:办件量、按时率、退回率等,附口径 report of a quarter with its definitions."""
    from gateway.cli.report import make

    raise typer.Exit(make(period, kind="quarter", out=out, as_json=as_json))


@report.command("month")
def report_month(
    period: Annotated[str, typer.Argument(help="2026-03")],
    out: Out = None,
    as_json: Json = False,
) -> None:
    """月报:办件量、按时率、退回率等,附口径 report of a month with its definitions."""
    from gateway.cli.report import make

    raise typer.Exit(make(period, kind="month", out=out, as_json=as_json))


@exchange.command("feed")
def exchange_feed(
    province: Annotated[str, typer.Option(help="省级代码 province, e.g. 150000")],
    out: Annotated[Path, typer.Option(help="该省读取的 SQLite 库 database that it reads")],
    source: Annotated[str, typer.Option(help="data_source,至多三位,由平台给定")],
    codes: Annotated[Path | None, typer.Option(help="代码表 CSV: column,national,exchange")] = None,
    as_json: Json = False,
) -> None:
    """把上次之后变化的办件写入交换表 write what changed since the last run."""
    from gateway.cli.exchange import feed

    raise typer.Exit(feed(province, out=out, source=source, codes=codes, as_json=as_json))


@exchange.command("columns")
def exchange_columns(as_json: Json = False) -> None:
    """交换表各列的来源,及没有对应字段的列 where each column comes from, or why it has none."""
    from gateway.cli.exchange import columns

    raise typer.Exit(columns(as_json=as_json))


__all__ = ["add_outgoing"]
