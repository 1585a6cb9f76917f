"""Scores near-duplicates on labelled pairs.  usage: bench/neardup.py [../shared/data/neardup]

Prints what the folder's score.py says of our labels, the table over thresholds, and the cost.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from monitor.core.revisions.diff import detect_change
from monitor.core.revisions.fingerprint import (
    MIN_STORY_OVERLAP,
    containment,
    fingerprint,
    is_same_story,
)
from monitor.model import ChangeKind

Pair = dict[str, Any]


def label(pair: Pair) -> str:
    """The outlet and the kind of change tell copy, update and same apart; similarity cannot."""
    a, b = pair["a"], pair["b"]
    if not is_same_story(sketch(a), sketch(b)):
        return "different"
    if a["source"] != b["source"]:
        return "syndicated"
    found = detect_change(a["title"], a["body"], b["title"], b["body"])
    return "same" if found is None or found.kind is ChangeKind.COSMETIC else "update"


def sketch(side: dict[str, str]) -> tuple[int, ...]:
    return fingerprint(side["title"], side["body"]).sketch


def thresholds(pairs: list[Pair]) -> None:
    scored = [(containment(sketch(p["a"]), sketch(p["b"])), p["label"]) for p in pairs]
    print("containment ≥   precision  recall     F1")
    for step in range(30, 75, 5):
        joined = [truth for score, truth in scored if score >= step / 100]
        right = sum(truth != "different" for truth in joined)
        wanted = sum(truth != "different" for _, truth in scored)
        f1 = 2 * right / (len(joined) + wanted)
        mark = "  ← ours" if step / 100 == MIN_STORY_OVERLAP else ""
        shares = f"{right / len(joined):.3f}   {right / wanted:.3f}  {f1:.3f}"
        print(f"         {step / 100:.2f}       {shares}{mark}")


def highest_unrelated(pairs: list[Pair]) -> None:
    for kind in ("same-event", "nearest-topic", "quote"):
        scores = [
            containment(sketch(p["a"]), sketch(p["b"]))
            for p in pairs
            if p["subtype"].startswith(kind)
        ]
        print(f"{kind}: highest containment {max(scores):.2f} of {len(scores)} pairs")


def material(pairs: list[Pair]) -> None:
    """Is an `update` told from a `same`? Pairs of one outlet only."""
    own = [p for p in pairs if p["label"] in {"same", "update"}]
    told = {p["id"]: _is_material(p) for p in own}
    hits = sum(told[p["id"]] for p in own if p["label"] == "update")
    f1 = 2 * hits / (sum(told.values()) + sum(p["label"] == "update" for p in own))
    changed = sum(p["a"] != p["b"] for p in own)
    updates = sum(p["label"] == "update" for p in own)
    naive = 2 * updates / (changed + updates)
    print(f"material: F1 {f1:.3f} (any byte changed: {naive:.3f}), {len(own)} pairs")


def _is_material(pair: Pair) -> bool:
    a, b = pair["a"], pair["b"]
    found = detect_change(a["title"], a["body"], b["title"], b["body"])
    return found is not None and found.kind is not ChangeKind.COSMETIC


def cost(pairs: list[Pair]) -> None:
    sides = [pair[side] for pair in pairs for side in "ab"]
    best = min(_seconds(sides) for _ in range(5))
    bytes_each = sum(4 * len(sketch(side)) for side in sides) / len(sides)
    print(f"{best / len(sides) * 1e6:.0f} µs CPU a document, {bytes_each:.0f} bytes of sketch")


def _seconds(sides: list[dict[str, str]]) -> float:
    start = time.process_time()
    for side in sides:
        fingerprint(side["title"], side["body"])
    return time.process_time() - start


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/neardup")
    source = folder / "neardup.public.jsonl"
    pairs = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as out:
        out.writelines(json.dumps({"id": p["id"], "label": label(p)}) + "\n" for p in pairs)
        out.flush()
        subprocess.run(
            [sys.executable, str(folder / "score.py"), str(source), out.name], check=True
        )
    material(pairs)
    thresholds(pairs)
    highest_unrelated(pairs)
    cost(pairs)


if __name__ == "__main__":
    main()
