"""`python -m local serve --data DIR`: the whole system on this machine, with your own data."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from lambdas.settings import StorefrontVariable
from local.check import check
from local.console import console
from local.run import demo, report, serve
from local.troubles import explained
from local.work_folder import FolderInUseError
from local.workers import PortInUseError
from object2vec.core.environment import EventWeightsVariable
from object2vec.core.event_weights import EventWeightsError, read_setting
from object2vec.training.hyperparameters import HyperparameterError
from object2vec.training.pairs.hyperparameters import check_either


def _pictures(arguments: argparse.Namespace) -> int:
    from local.pictures import pictures

    return pictures(arguments.file, arguments.images, arguments.out)


MOST_ASKED = 64

_TOOLS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": lambda asked: check(asked.file, asked.mapping),
    "pictures": _pictures,
    "report": lambda asked: report(asked.work, show=asked.open),
}
"""Commands that serve nothing."""


def main() -> int:
    """Exit status: 0 done, 1 a step failed, 2 the input or the arguments cannot be used."""
    arguments = _parser().parse_args()
    try:
        if arguments.command in _TOOLS:
            return _TOOLS[arguments.command](arguments)
        if arguments.storefront:  # the environment tells functions and jobs alike, as in a deployment
            os.environ |= StorefrontVariable.variables(storefront=",".join(arguments.storefront))
        if arguments.command == "demo":
            return demo(arguments.work, arguments.port, once=arguments.once, workers=arguments.workers)
        settings = dict(arguments.hyperparameter)
        if weights := settings.pop("event_weights", ""):
            read_setting(weights)
            os.environ |= EventWeightsVariable.variables(event_weights=weights)
        check_either(settings)
        return serve(
            arguments.data,
            arguments.work,
            arguments.port,
            once=arguments.once,
            hyperparameters=settings,
            algorithm=arguments.algorithm,
            start_from=arguments.start_from,
            workers=arguments.workers,
        )
    except (PortInUseError, FolderInUseError, HyperparameterError, EventWeightsError, OSError) as error:
        console.print(f"[red]{explained(error) if isinstance(error, OSError) else error}[/]")
        return 2
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    prog = "object2vec" if sys.argv[0] == "object2vec" else "python -m local"
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_serving(commands)
    _add_tools(commands)
    return parser


def _add_serving(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serving = commands.add_parser("serve", help="serve DIR, which is laid out as the upload bucket")
    serving.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="a folder with uploads/ in it"
    )
    showing = commands.add_parser("demo", help="the same with the sample shop")
    for command, work in ((serving, ".work/local"), (showing, ".work/demo")):
        command.add_argument(
            "--work", type=Path, default=Path(work), metavar="DIR", help=f"what is made of it; default {work}"
        )
        command.add_argument("--port", type=_port, default=8080, help="default 8080")
        command.add_argument(
            "--workers", type=_count, metavar="N", help="processes that answer; default one a processor"
        )
        command.add_argument("--once", action="store_true", help="train, print and exit")
        command.add_argument(
            "--storefront",
            action="append",
            default=[],
            metavar="ORIGIN",
            help="pages of this origin may ask below /storefront, http://localhost:3000 say; may be repeated",
        )
    serving.add_argument(
        "--hyperparameter",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the training, for example epochs=2; may be repeated",
    )
    serving.add_argument(
        "--algorithm",
        choices=("open", "builtin"),
        default="open",
        help="builtin: the pipeline of AWS's own Object2Vec image, with our training in its place",
    )
    serving.add_argument(
        "--start-from",
        choices=("seed", "live"),
        default="seed",
        help="live: training starts from the live model's weights",
    )


def _add_tools(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    checking = commands.add_parser("check", help="how a file would be read; stores nothing")
    checking.add_argument("file", type=Path, metavar="FILE", help="an export of a shop, or a log")
    checking.add_argument(
        "--mapping",
        type=Path,
        metavar="MAPPING",
        help="a mapping.json that says which column is what; otherwise that of the file's uploads/",
    )
    encoding = commands.add_parser(
        "pictures", help="gives the items of a catalogue vectors of their pictures"
    )
    encoding.add_argument("file", type=Path, metavar="FILE", help="the catalogue")
    encoding.add_argument(
        "--images", type=Path, required=True, metavar="DIR", help="the folder of its pictures"
    )
    encoding.add_argument(
        "--out", type=Path, required=True, metavar="OUT", help="the catalogue to upload instead, JSON Lines"
    )
    reporting = commands.add_parser("report", help="where the report of the latest training lies")
    reporting.add_argument(
        "--work", type=Path, default=Path(".work/local"), metavar="DIR", help="default .work/local"
    )
    reporting.add_argument("--open", action="store_true", help="open it in a browser")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: choose one from 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    count = int(text)
    if not 0 < count <= MOST_ASKED:
        raise argparse.ArgumentTypeError(f"{count} processes are too few or too many: 1 to {MOST_ASKED}")
    return count


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, for example epochs=2")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
