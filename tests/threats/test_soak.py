"""A short soak: `make soak` is the long one."""

from pathlib import Path

from journeys.soak import MOST_FILES, soak

POLLS = 2_000
MOST_MORE = 10_000_000  # bytes; over so few polls caches still fill


async def test_thousands_of_polls_leave_no_file_open_and_little_memory(tmp_path: Path) -> None:
    soaked = await soak(tmp_path, POLLS)
    first, last = soaked.looks[0], soaked.looks[-1]
    grown = last.memory - first.memory
    print(f"{last.polls} polls, {grown / 1e6:+.1f} MB, {soaked.more_files:+d} files")
    assert grown < MOST_MORE
    assert soaked.more_files <= MOST_FILES
