"""Health of a source, as an SQL expression over its row."""

SILENT = "has published nothing for"  # start of the `trouble` of a source that publishes nothing

# Of a row of `sources`: `new` (never polled), `failing` (the last poll failed), `quiet` (polls
# succeed, but nothing was published for much longer than usual), `well`.
HEALTH = (
    "CASE WHEN failures > 0 THEN 'failing' WHEN last_polled_at IS NULL THEN 'new'"
    f" WHEN trouble LIKE '{SILENT}%' THEN 'quiet' ELSE 'well' END"
)
STATES = ("well", "quiet", "failing", "new")
