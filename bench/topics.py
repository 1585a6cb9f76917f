"""Precision and recall of the built-in topics on the headlines of tests/topics."""

from pathlib import Path

import yaml

from monitor.config.topics import builtin_topics
from monitor.core.rules.matcher import hits

PAGES = Path(__file__).parent.parent / "tests" / "topics"


def main() -> None:
    print("| topic | language | must match | must not | precision | recall |")
    print("|---|---|---|---|---|---|")
    for topic in builtin_topics():
        rules = ((topic.name, topic.query),)
        page = yaml.safe_load((PAGES / f"{topic.name}.yaml").read_text(encoding="utf-8"))
        for language, headlines in page.items():
            right, wrong = (
                sum(
                    bool(hits(text, "", language=language, source=None, topics=rules))
                    for text in headlines[label]
                )
                for label in ("match", "not")
            )
            wanted, others = len(headlines["match"]), len(headlines["not"])
            precision, recall = right / (right + wrong), right / wanted
            print(
                f"| {topic.name} | {language} | {wanted} | {others}"
                f" | {precision:.3f} | {recall:.3f} |"
            )


if __name__ == "__main__":
    main()
