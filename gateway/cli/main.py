"""
`tongban`: the command line. Each command imports what it needs when it runs: `--help` is instant.

Standard output carries data, standard error talk. Exit status: 0 done, 1 a finding, 2 usage or
cannot tell, 3 not reachable, 4 refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.outgoing import add_outgoing

app = typer.Typer(
    name="tongban",
    help="跨省通办网关 cross-province government-service gateway",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
access = typer.Typer(help="访问令牌 access tokens", no_args_is_help=True, rich_markup_mode=None)
province = typer.Typer(
    help="接入的省份 province folders", no_args_is_help=True, rich_markup_mode=None
)
bundle = typer.Typer(help="一件事 bundles", no_args_is_help=True, rich_markup_mode=None)
case = typer.Typer(help="办件 cases", no_args_is_help=True, rich_markup_mode=None)
delivery = typer.Typer(help="送达 deliveries", no_args_is_help=True, rich_markup_mode=None)
sandbox = typer.Typer(
    help="模拟省份 sandbox provinces", no_args_is_help=True, rich_markup_mode=None
)
calendar = typer.Typer(
    help="工作日历 working calendars", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(calendar, name="calendar")
catalogue = typer.Typer(
    help="事项目录与实施清单 items and implementation lists",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(access, name="access")
app.add_typer(catalogue, name="catalogue")
app.add_typer(province, name="province")
app.add_typer(case, name="case")
app.add_typer(bundle, name="bundle")
app.add_typer(delivery, name="delivery")
app.add_typer(sandbox, name="sandbox")
add_outgoing(app, case)

Json = Annotated[bool, typer.Option("--json", help="机器可读输出 machine-readable output")]


@app.command()
def serve() -> None:
    """启动网关 run the gateway until SIGTERM; settings come from TONGBAN_*."""
    from gateway.cli.serve import run

    raise typer.Exit(run())


@app.command()
def demo(
    as_json: Json = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="演示后保持运行 leave everything running")
    ] = False,
    seed: Annotated[int, typer.Option(help="随机种子 seed of the moments of the kills")] = 1,
) -> None:
    """演示:四件跨省办件,网关中途被杀死 four cases between sandbox provinces, with a kill."""
    from gateway.cli.demo import run

    raise typer.Exit(run(as_json=as_json, keep=keep, seed=seed))


@sandbox.command("run")
def sandbox_run(
    code: Annotated[str, typer.Argument(help="省份代码 province code, e.g. 310000")],
    gateway: Annotated[str, typer.Option(help="网关地址 URL of the gateway")],
    port: Annotated[int, typer.Option(help="端口 port on loopback; 0 takes a free one")] = 0,
    folder: Annotated[Path, typer.Option(help="台账目录 folder of its ledger")] = Path("sandbox"),
    secrets: Annotated[
        Path | None, typer.Option(help="JSON 文件:密钥 JSON file with its secrets")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="JSON 文件:故障脚本 JSON file with scripted faults")
    ] = None,
) -> None:
    """以省份目录扮演该省 play a province from its folder, with its own ledger."""
    from gateway.cli.sandbox import run

    raise typer.Exit(
        run(code, gateway=gateway, port=port, folder=folder, secrets=secrets, faults=faults)
    )


@access.command("grant")
def access_grant(
    role: Annotated[
        str, typer.Option(help="partner|operator|security_officer|auditor|window_clerk")
    ],
    client: Annotated[str | None, typer.Option(help="客户端标识 client id")] = None,
    system: Annotated[
        str | None, typer.Option(help="所代表的业务系统 the system a partner speaks for")
    ] = None,
    days: Annotated[int | None, typer.Option(help="有效天数 days until it expires")] = None,
    as_json: Json = False,
) -> None:
    """发放令牌,只显示一次 grant a token; it is shown once."""
    from gateway.cli.admin import show

    form = {"client_id": client or system or role, "role": role, "system": system, "days": days}
    raise typer.Exit(
        show("POST", "/access", {k: v for k, v in form.items() if v is not None}, as_json=as_json)
    )


@access.command("list")
def access_list(as_json: Json = False) -> None:
    """列出令牌 list tokens (never the tokens themselves)."""
    from gateway.cli.admin import show

    raise typer.Exit(show("GET", "/access", as_json=as_json))


@access.command("rotate")
def access_rotate(client: str, as_json: Json = False) -> None:
    """换发令牌 give a client a new token; the old one works for a day more."""
    from gateway.cli.admin import show

    raise typer.Exit(show("POST", f"/access/{client}/rotate", {}, as_json=as_json))


@access.command("revoke")
def access_revoke(client: str, as_json: Json = False) -> None:
    """吊销令牌 revoke a client's tokens at once."""
    from gateway.cli.admin import show

    raise typer.Exit(show("POST", f"/access/{client}/revoke", {}, as_json=as_json))


@province.command("list")
def province_list(as_json: Json = False) -> None:
    """列出省份目录 list province folders and the systems in them."""
    from gateway.cli.provinces import show_list

    raise typer.Exit(show_list(as_json=as_json))


@province.command("check")
def province_check(
    code: Annotated[str | None, typer.Argument(help="省份代码;缺省为全部 all when absent")] = None,
    as_json: Json = False,
) -> None:
    """检查省份目录:连接、映射、样例、签名向量 check connection, mapping, goldens and vectors."""
    from gateway.cli.provinces import check

    raise typer.Exit(check(code, as_json=as_json))


@catalogue.command("list")
def catalogue_list(
    on: Annotated[str | None, typer.Option(help="日期 day, YYYY-MM-DD; today when absent")] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="只列要素齐全的事项 complete items only")
    ] = False,
    as_json: Json = False,
) -> None:
    """列出某日有效的国家事项 list the national items in force on a day."""
    from gateway.cli.catalogue import show_items

    raise typer.Exit(show_items(on, complete=complete, as_json=as_json))


@catalogue.command("show")
def catalogue_show(
    code: Annotated[str, typer.Argument(help="12 位基本编码 catalogue code")],
    on: Annotated[str | None, typer.Option(help="日期 day, YYYY-MM-DD; today when absent")] = None,
    as_json: Json = False,
) -> None:
    """查看事项:模式、材料、环节、时限 show one item: modes, materials, steps, limits."""
    from gateway.cli.catalogue import show_item

    raise typer.Exit(show_item(code, on, as_json=as_json))


@catalogue.command("announce")
def catalogue_announce(
    province_code: Annotated[str, typer.Argument(metavar="PROVINCE", help="省份代码 e.g. 530000")],
    file: Annotated[Path, typer.Argument(help="该省的 items.csv its implementation list")],
    cause_on: Annotated[str, typer.Option(help="事由发生日 day of the cause")],
    requested_on: Annotated[str, typer.Option(help="提出调整申请日 day it was asked for")],
    approved_on: Annotated[
        str | None, typer.Option(help="批准日;缺省只比对不生效 absent: compared, not in force")
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option(help="生效日 in force from; today when absent")
    ] = None,
    as_json: Json = False,
) -> None:
    """公布变更后的实施清单,按“只减不加”比对 announce a changed implementation list."""
    from gateway.cli.catalogue import announce_list

    dates = {
        "cause_on": cause_on,
        "requested_on": requested_on,
        "approved_on": approved_on,
        "valid_from": valid_from,
    }
    raise typer.Exit(announce_list(province_code, file, dates=dates, as_json=as_json))


@catalogue.command("status")
def catalogue_status(as_json: Json = False) -> None:
    """清单变更与时限、仍用旧版的系统 changes with their limits, and who sends an old version."""
    from gateway.cli.catalogue import show_status

    raise typer.Exit(show_status(as_json=as_json))


@case.command("list")
def case_list(
    status: Annotated[str | None, typer.Option(help="状态 status")] = None,
    turn: Annotated[str | None, typer.Option(help="轮到谁 whose turn it is")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """列出办件 list cases, oldest first."""
    from gateway.cli.admin import query, show

    raise typer.Exit(
        show("GET", query("/cases", status=status, turn=turn, limit=limit), as_json=as_json)
    )


@case.command("show")
def case_show(number: str, as_json: Json = False) -> None:
    """查看办件 show one case: where it stands, whose turn, until when."""
    from gateway.cli.cases import show_case

    raise typer.Exit(show_case(number, as_json=as_json))


@bundle.command("show")
def bundle_show(number: str, as_json: Json = False) -> None:
    """查看一件事 show a bundle: where each of its cases stands."""
    from gateway.cli.cases import show_bundle

    raise typer.Exit(show_bundle(number, as_json=as_json))


@case.command("timeline")
def case_timeline(number: str, as_json: Json = False) -> None:
    """办件经过 who did what when, in a person's words."""
    from gateway.cli.cases import show_timeline

    raise typer.Exit(show_timeline(number, as_json=as_json))


@case.command("receipt")
def case_receipt(
    number: str,
    kind: Annotated[
        str | None, typer.Option(help="accepted|delivered|decided;缺省为最近一步 the latest")
    ] = None,
    large: Annotated[bool, typer.Option("--large", help="大字版 large type")] = False,
    out: Annotated[Path | None, typer.Option(help="写入文件 file; absent: standard output")] = None,
    as_json: Json = False,
) -> None:
    """打印回执(A4 网页) the receipt to print, an A4 page in HTML."""
    from gateway.cli.pages import receipt

    raise typer.Exit(receipt(number, kind=kind, large=large, out=out, as_json=as_json))


@case.command("handover")
def case_handover(
    number: str,
    code: Annotated[str | None, typer.Option(help="流转码;缺省为最近一次 the latest")] = None,
    large: Annotated[bool, typer.Option("--large", help="大字版 large type")] = False,
    out: Annotated[Path | None, typer.Option(help="写入文件 file; absent: standard output")] = None,
    as_json: Json = False,
) -> None:
    """打印材料流转单(A4 网页) the slip for paper on its way, with one code."""
    from gateway.cli.pages import slip

    raise typer.Exit(slip(number, code=code, large=large, out=out, as_json=as_json))


@case.command("tell")
def case_tell(
    number: str,
    by: Annotated[str, typer.Option(help="telephone|sms|large_print")] = "telephone",
    as_json: Json = False,
) -> None:
    """告诉申请人的话 what to tell the applicant, in the words of the chosen way."""
    from gateway.cli.cases import tell_applicant

    raise typer.Exit(tell_applicant(number, by=by, as_json=as_json))


@delivery.command("list")
def delivery_list(
    state: Annotated[str | None, typer.Option(help="状态 e.g. dead, parked, asking")] = None,
    destination: Annotated[str | None, typer.Option(help="目的系统 destination system")] = None,
    case_number: Annotated[str | None, typer.Option("--case", help="办件编号")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """列出送达 list deliveries, with the next attempt."""
    from gateway.cli.admin import query, show

    path = query("/deliveries", state=state, destination=destination, case=case_number, limit=limit)
    raise typer.Exit(show("GET", path, as_json=as_json))


@delivery.command("retry")
def delivery_retry(
    serial: str,
    reason: Annotated[str, typer.Option(help="理由,写入审计 why; recorded")],
    as_json: Json = False,
) -> None:
    """重新投递死信 put a dead letter back in its lane under the same serial."""
    from gateway.cli.admin import show

    raise typer.Exit(
        show("POST", f"/deliveries/{serial}/retry", {"reason": reason}, as_json=as_json)
    )


@app.command()
def precheck(
    item: Annotated[str, typer.Argument(help="事项基本编码 12-digit catalogue code")],
    to: Annotated[str, typer.Option("--to", help="户籍地区划 12-digit handling place")],
    from_: Annotated[str | None, typer.Option("--from", help="收件地区划 receiving place")] = None,
    on: Annotated[str | None, typer.Option(help="申请日期 application date")] = None,
    has: Annotated[list[str] | None, typer.Option(help="已有材料 material at hand; repeat")] = None,
    subsidy: Annotated[list[str] | None, typer.Option(help="LIVING|CARE; repeat")] = None,
    allowance: Annotated[bool | None, typer.Option(help="是否低保 on minimum allowance")] = None,
    agent: Annotated[bool | None, typer.Option(help="是否代理 an agent applies")] = None,
    child: Annotated[bool | None, typer.Option(help="是否未办证儿童 child without card")] = None,
    situation: Annotated[
        list[str] | None, typer.Option(help="情形代码 code of a situation that holds; repeat")
    ] = None,
    notice: Annotated[
        Path | None, typer.Option(help="把一次性告知单写入文件 write the notice to print")
    ] = None,
    large: Annotated[bool, typer.Option("--large", help="大字版 large type")] = False,
    as_json: Json = False,
) -> None:
    """收件预检:还要带什么、不用带什么 what is still to be brought, fetched, owed or committed."""
    from gateway.cli.pages import check_ahead

    form = {
        "catalogue_code": item,
        "handling_place": to,
        "receiving_place": from_,
        "application_date": on,
        "has": has,
        "subsidy_kinds": subsidy,
        "on_minimum_allowance": allowance,
        "by_agent": agent,
        "child": child,
        "situations": situation,
    }
    given = {name: value for name, value in form.items() if value is not None}
    raise typer.Exit(check_ahead(given, notice=notice, large=large, as_json=as_json))


@app.command()
def worklist(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50, as_json: Json = False
) -> None:
    """今日要办 whose turn it is, due first."""
    from gateway.cli.admin import query, show

    raise typer.Exit(show("GET", query("/worklist", limit=limit), as_json=as_json))


@app.command()
def translate(
    file: Annotated[Path, typer.Argument(help="JSON 记录或国家格式报文 record or message")],
    kind: Annotated[str, typer.Option(help="消息种类 message kind")] = "application",
    source: Annotated[
        str | None, typer.Option("--from", help="来源省份 province it is from")
    ] = None,
    target: Annotated[str | None, typer.Option("--to", help="目的省份 province it goes to")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="逐值说明 say which rule and row made each value")
    ] = False,
    as_json: Json = False,
) -> None:
    """试译一份报文,不存储 translate a document without storing anything."""
    from gateway.cli.translate import run

    raise typer.Exit(
        run(file, kind=kind, source=source, target=target, explain=explain, as_json=as_json)
    )


@app.command()
def deadlines(
    days: Annotated[int, typer.Option(min=0, max=366, help="未来几天内 within so many days")] = 5,
    province: Annotated[
        str | None, typer.Option(help="责任方所在省 province of the owner, e.g. 530000")
    ] = None,
    as_json: Json = False,
) -> None:
    """到期清单:谁、什么、何时、超期多久 who has to do what until when, and how late."""
    from gateway.cli.admin import query, show

    raise typer.Exit(
        show("GET", query("/deadlines", days=days, province=province), as_json=as_json)
    )


@calendar.command("show")
def calendar_show(
    year: Annotated[int | None, typer.Argument(help="年 year; 缺省为今年")] = None,
    region: Annotated[str | None, typer.Option(help="省级区划代码 province, e.g. 450000")] = None,
    as_json: Json = False,
) -> None:
    """查看工作日历 days off and worked weekends of a year, and whether it is announced."""
    from gateway.cli.calendar import show_year

    raise typer.Exit(show_year(year, region=region, as_json=as_json))


@calendar.command("load")
def calendar_load(
    file: Annotated[Path, typer.Argument(help="CSV: date,kind[,region]")],
    complete: Annotated[
        list[int] | None, typer.Option(help="声明该年完整 declare a year complete; repeatable")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="比对后直接写入 write after the diff")] = False,
    as_json: Json = False,
) -> None:
    """加载放假安排:先比对再写入,暂定期限随之重算 load a year; provisional dates are recounted."""
    from gateway.cli.calendar import load

    raise typer.Exit(load(file, complete=complete or [], yes=yes, as_json=as_json))


@app.command()
def lifecycle(
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown")] = False,
) -> None:
    """打印办件状态表 print the state machine, the same table the gateway runs."""
    from gateway.cli.lifecycle import show_table

    raise typer.Exit(show_table(as_json=as_json, markdown=markdown))


@app.command()
def migrate(as_json: Json = False) -> None:
    """升级数据库 bring the database to this version; needs the gateway stopped."""
    from gateway.cli.upkeep import migrate_now

    raise typer.Exit(migrate_now(as_json=as_json))


@app.command()
def doctor(as_json: Json = False) -> None:
    """体检 check data directory, keys, database, calendar and provinces, with cures."""
    from gateway.cli.upkeep import examine

    raise typer.Exit(examine(as_json=as_json))


__all__ = ["app"]
