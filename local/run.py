"""The commands of the local system, step by step as a person sees them."""

import json
import time
import urllib.parse
import urllib.request
import webbrowser
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from local.console import console, show_answer, show_metrics, show_reports, step
from local.pages import latest_report
from local.progress import StepProgress, megabytes_below
from local.sample_shop import write_sample_shop
from local.system import NOTHING, LocalSystem, let_search_ask
from local.troubles import explained
from local.watch import watch, watching
from local.work_folder import owned
from local.workers import claimed, serving, usual_workers
from object2vec.core.keys import CATALOG_UPLOADS, REPORTS
from object2vec.ingest.report import load_report
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import replay

DEMO_QUERIES = (
    "frozen pizza",
    "dry cat food",
    "shampoo for dry hair",
    "diet cola 12 pack",
    "gluten free snack",
)


def demo(work: Path, port: int, *, once: bool, workers: int | None = None) -> int:
    """`serve` with the sample shop."""
    shop = work / "shop"
    console.print("[bold]Sample shop[/] 84.51° Complete Journey: one year, 2,469 households (MIT)")
    write_sample_shop(shop)
    # to stay within a few minutes:
    hyperparameters = {"distillation": "off", "epochs": "4", "time_limit": "90"}
    return serve(
        shop, work, port, once=once, workers=workers, queries=DEMO_QUERIES, hyperparameters=hyperparameters
    )


def serve(
    data: Path,
    work: Path,
    port: int,
    *,
    once: bool,
    queries: Sequence[str] = (),
    hyperparameters: dict[str, str] | None = None,
    algorithm: str = "open",
    start_from: str = "seed",
    workers: int | None = None,
) -> int:
    """Ingests, serves, trains, prints a summary; then goes on serving unless `once`.
    `workers` is how many processes answer; None: one a processor, with `once` one in all."""
    started = time.monotonic()
    if not (data / "uploads").is_dir():
        console.print(f"[red]{data} has no uploads/:[/] put a catalogue into {data}/uploads/catalog/")
        return 2
    with claimed(port), owned(work):
        system = LocalSystem(data, work, algorithm, start_from)
        return _serve(
            system,
            started,
            port,
            workers or (1 if once else usual_workers()),
            once=once,
            queries=queries,
            hyperparameters=hyperparameters or {},
        )


def _serve(
    system: LocalSystem,
    started: float,
    port: int,
    workers: int,
    *,
    once: bool,
    queries: Sequence[str],
    hyperparameters: dict[str, str],
) -> int:
    megabytes = megabytes_below(system.uploads.folder / "uploads")
    progress = StepProgress(system.folder.step_times, system.folder.scratch, megabytes)
    let_search_ask(port)
    with ExitStack() as stack:
        server = serving(port, system.folder, system.uploads.folder, workers, system.troubles)
        is_known = system.live_version() != NOTHING  # then new files do not keep it from answering
        url = stack.enter_context(server) if is_known else ""
        with progress.running("Reading"):
            fresh = show_reports(system.take_uploads())
        with progress.running("Curating"):
            system.curate()
        if not system.has_data:
            console.print(
                f"[red]Nothing usable in {system.uploads.folder}:[/] put an export of your shop, as it is,"
                f" into uploads/catalog/, events into uploads/interactions/ or pairs into uploads/pairs/;"
                f" reports: {system.reports}/"
            )
            return 2
        url = url or stack.enter_context(server)
        moment = time.monotonic()
        with progress.running("Serve"):
            system.converge()
        step("Serve", time.monotonic() - moment)
        console.print(f"  {url} answers with model {system.live_version()}")
        status = 0
        if fresh or not system.is_trained:
            with nullcontext() if once else watching(system):
                status = _train(system, hyperparameters, progress)
        else:
            console.print("  The data have not changed since the latest training.")
        _show_what_answers(system, url, queries, once=once)
        seconds = time.monotonic() - started
        console.print(f"[bold]{url}[/]  model {system.live_version()}, ready in {seconds:.0f} s")
        if missing := _missing(system):
            console.print(f"[red]{missing}[/]")
            status = 2
        return status if once else watch(system)


def _show_what_answers(system: LocalSystem, url: str, queries: Sequence[str], *, once: bool) -> None:
    """Shows examples of what the live model does, and where its report is."""
    if system.live_version().startswith("pairs-"):
        _show_pair_call(system, url)
    else:
        _show_samples(system, url, queries)
    if key := latest_report(system.store):
        where = "" if once else f"{url}/report, "
        path = system.folder.store_path / key
        console.print(f"[bold]Report[/] with everything that was measured: {where}{path}")


def report(work: Path, *, show: bool) -> int:
    """Prints where the report of the latest training lies, and opens it in a browser if asked."""
    store = FolderStore(work.absolute() / "store")
    key = latest_report(store)
    if key is None:
        console.print(f"[red]No report in {work}:[/] train first, or name the --work folder of the training")
        return 2
    path = work.absolute() / "store" / key
    console.print(str(path), markup=False, soft_wrap=True)
    if show:
        webbrowser.open(path.as_uri())
    return 0


def _missing(system: LocalSystem) -> str:
    """Warns of faults that the rest of the output hides: a refused catalogue, or nothing to search."""
    prefix, suffix = REPORTS, ".json"
    keys = [entry.key for entry in system.store.list(f"{REPORTS}{CATALOG_UPLOADS}")]
    reports = [load_report(system.store, key.removeprefix(prefix).removesuffix(suffix)) for key in keys]
    for report in reports:
        if report is not None and report.problem is not None and not report.accepted:
            return f"{report.key} was refused: {report.problem['message']}"
    if system.live_version().startswith("pairs-") or any(replay(item_log.read(system.store))[0]):
        return ""
    return "There is nothing to search: no item has a text. Put a catalogue into uploads/catalog/."


def _train(system: LocalSystem, hyperparameters: dict[str, str], progress: StepProgress) -> int:
    console.print("[bold]Training pipeline[/]")
    try:
        execution = system.train(step, hyperparameters, progress.running)
    except OSError as error:
        console.print(f"[red]Training failed:[/] {explained(error)}. It is tried again at the next start.")
        return 1
    evaluation = system.evaluation(execution)
    if evaluation:
        show_metrics(evaluation)
    refused = evaluation is not None and not evaluation["gate"]["passed"]
    if execution.status == "Failed" and not refused:
        console.print(f"[red]Training failed:[/] {execution.reason}")
        return 1
    return 0


def _show_samples(system: LocalSystem, url: str, queries: Sequence[str]) -> None:
    console.print("[bold]Sample answers[/]")
    try:
        for query in queries or _own_queries(system):
            show_answer(query, _get(url, "/search", query=query, limit=1)["hits"])
    except OSError as error:  # urllib's are too
        console.print(f"[red]Search does not answer:[/] {explained(error)}. {url}/health says why.")


def _show_pair_call(system: LocalSystem, url: str) -> None:
    """Shows how to call a pair model; search finds nothing until a catalogue is uploaded."""
    endpoint = f"{url}/endpoints/local-{system.live_version()}/invocations"
    console.print("\n[bold]Scores of a pair[/] (one of in0, in1 alone: its embedding)")
    body = '{"instances": [{"in0": [1], "in1": [2]}]}'
    console.print(f"  curl {endpoint} -H 'content-type: application/json' -d '{body}'", markup=False)


def _own_queries(system: LocalSystem) -> list[str]:
    """Five sample queries for any shop: the first three words of an item, or of its title."""
    items = replay(item_log.read(system.store))[0].values()
    phrases = list(
        dict.fromkeys(
            " ".join(item.text.strip().splitlines()[0].split()[:3]).rstrip(",;:")
            for item in items
            if item.text.strip()
        )
    )
    return phrases[:: max(1, len(phrases) // 5)][:5]


def _get(url: str, path: str, **query: Any) -> Any:
    with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(query)}", timeout=60) as answer:  # noqa: S310
        return json.load(answer)
