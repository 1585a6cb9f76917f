"""The health of a source, decided in one place from its row."""

SILENT = "has published nothing for"  # how the words of a silent source's `trouble` begin

# Over a row of `sources`: `new` (no poll ended yet), `failing` (the last poll failed), `quiet` (it
# answers, and publishes nothing for much longer than it used to), `well`.
HEALTH = (
    "CASE WHEN failures > 0 THEN 'failing' WHEN last_polled_at IS NULL THEN 'new'"
    f" WHEN trouble LIKE '{SILENT}%' THEN 'quiet' ELSE 'well' END"
)
STATES = ("well", "quiet", "failing", "new")
