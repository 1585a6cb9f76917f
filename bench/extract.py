"""Ours and trafilatura over ../shared/data/extract: fields as its scorer counts them, time, memory.

    python bench/extract.py [DIRECTORY]

trafilatura is no dependency of the package: pip install 'news-monitor[bench]'. Fields and peak
memory come from a process for each program; CPU times from one in which the programs take turns at
every page, so that whatever else the machine does slows all alike.
"""

import gzip
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "extract"
SOURCES = ("fundus", "fundus_eval", "wcxb", "zyte")
Row = dict[str, Any]
Extract = Callable[[bytes, str], Row]


def ours() -> Extract:
    from monitor.cli.extract import article_row
    from monitor.core.pages.extract import extract_article

    now = datetime.now(UTC)
    return lambda body, url: article_row("", extract_article(body, url=url, now=now))


def trafilatura(*, metadata: bool, **options: Any) -> Extract:
    from trafilatura import bare_extraction, extract

    def text_only(body: bytes, url: str) -> Row:
        return {"text": extract(body, url=url, **options)}

    def whole(body: bytes, url: str) -> Row:
        found = bare_extraction(body, url=url, with_metadata=True, **options)
        if found is None:
            return {}
        row = found if isinstance(found, dict) else found.as_dict()
        return {
            "title": row.get("title"),
            "authors": [row["author"]] if row.get("author") else [],
            "published": row.get("date"),
            "text": row.get("text"),
            "tags": row.get("tags") or [],
        }

    return whole if metadata else text_only


PROGRAMS: dict[str, Callable[[], Extract]] = {
    "this project": ours,
    "trafilatura, default with metadata": lambda: trafilatura(metadata=True),
    "trafilatura, fast": lambda: trafilatura(metadata=False, fast=True),
    "trafilatura, precision": lambda: trafilatura(metadata=False, favor_precision=True),
}
TEXT_ONLY = {"trafilatura, fast", "trafilatura, precision"}


def main() -> None:
    corpus = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    if not corpus.is_dir():
        sys.exit(f"{corpus}: no pages there")
    print(f"trafilatura {version('trafilatura')}, Python {sys.version.partition(' ')[0]}\n")
    figures = {name: alone(judged, name, corpus) for name in PROGRAMS}
    print_fields(figures)
    print_costs(figures, alone(timed, corpus))


def alone(measure: Callable[..., Row], *arguments: object) -> Row:
    """What `measure` finds in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)


def judged(name: str, corpus: Path) -> Row:
    extract = PROGRAMS[name]()
    rows = [{**extract(body, url), "file": file} for file, url, body in pages(corpus)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"scores": scored(corpus, rows), "peak_mb": peak}


def timed(corpus: Path) -> Row:
    """CPU seconds of each page, sorted, by program."""
    programs = {name: make() for name, make in PROGRAMS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for extract in programs.values():
        extract(b"<p>Warm.", "https://example.org/")
    for _, url, body in pages(corpus):
        for name, extract in programs.items():
            start = time.process_time()
            extract(body, url)
            seconds[name].append(time.process_time() - start)
    return {name: sorted(values) for name, values in seconds.items()}


def pages(corpus: Path) -> Iterator[tuple[str, str, bytes]]:
    for known in json.loads((corpus / "truth.json").read_text("utf-8")):
        packed = (corpus / "html" / known["file"]).read_bytes()
        yield known["file"], known["url"], gzip.decompress(packed)


def scored(corpus: Path, rows: list[Row]) -> Row:
    """By the corpus's own scorer, source by source and for all."""
    with tempfile.TemporaryDirectory() as folder:
        said, told = Path(folder) / "said.jsonl", Path(folder) / "told.json"
        said.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        command = [sys.executable, str(corpus / "score_extract.py"), "--boot", "0"]
        files = ["--truth", str(corpus / "truth.json"), "--pred", str(said), "--json", str(told)]
        subprocess.run([*command, *files], check=True, stdout=subprocess.DEVNULL)
        scores: Row = json.loads(told.read_text("utf-8"))
    return scores


def print_fields(figures: dict[str, Row]) -> None:
    fields = [
        ("text F1", "text", "f1"),
        ("title exact", "title", "exact"),
        ("authors exact", "authors", "exact"),
        ("published day", "published", "day"),
        ("published minute", "published", "minute"),
        ("published minute, declared", "published_decl", "minute"),
        ("updated minute", "updated", "minute"),
        ("updated, false", "updated", "false"),
        ("tags F1", "tags", "f1"),
    ]
    print("| |", " | ".join(figures), "|")
    print("|---" * (len(figures) + 1) + "|")
    for label, field, measure in fields:
        cells = [
            f"{one['scores']['ALL'][field][measure]:.3f}"
            if field == "text" or name not in TEXT_ONLY
            else "–"
            for name, one in figures.items()
        ]
        print(f"| {label} |", " | ".join(cells), "|")
    for source in SOURCES:
        cells = [f"{one['scores'][source]['text']['f1']:.3f}" for one in figures.values()]
        print(f"| text F1, {source} |", " | ".join(cells), "|")


def print_costs(figures: dict[str, Row], times: Row) -> None:
    fast = mean(times["trafilatura, fast"])
    print("\n| | pages a second a core | × trafilatura fast | p95 ms | worst ms | peak MB |")
    print("|---|---|---|---|---|---|")
    for name, one in figures.items():
        seconds = times[name]
        p95 = seconds[int(0.95 * len(seconds))]
        print(
            f"| {name} | {1 / mean(seconds):.0f} | {fast / mean(seconds):.2f} | {p95 * 1000:.0f}"
            f" | {seconds[-1] * 1000:.0f} | {one['peak_mb']:.0f} |"
        )


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
