"""The Prometheus metrics of one process: names, labels, buckets.

Counters and histograms are updated once for each outcome; gauges of the database are set before
the metrics are served.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from monitor.contracts import Outcome, Stats

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LAG_INTERVAL = timedelta(seconds=1)  # from one measurement of the loop's lag to the next

_M, _H, _D = 60, 3_600, 86_400
_WORK_S = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 60)
_LAG_S = (0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 2, 10)
_PUBLISHED_S = (_M, 5 * _M, 15 * _M, _H, 4 * _H, 12 * _H, _D, 3 * _D, 7 * _D)
_STORED_S = (1, 5, 30, _M, 5 * _M, 15 * _M, _H, 6 * _H, _D, 3 * _D)


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._define_work()
        self._define_delays()
        self._define_database()
        self._define_configuration()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"news_monitor_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"news_monitor_{name}", text, labels, registry=self.registry)

    def _define_work(self) -> None:
        self.polls = self._counter("polls_total", "Polls of sources, by how they ended.", "result")
        self.reads = self._counter("reads_total", "Visits to articles, by verdict.", "result")
        self.sends = self._counter(
            "sends_total",
            "Attempts to deliver, by how they ended.",
            "channel",
            "result",
        )
        self.bytes = self._counter("received_bytes_total", "Bodies received, unpacked.", "desk")
        self.entries = self._counter("entries_total", "Feed entries, new or changed.", "kind")
        self.articles = self._counter("articles_total", "Articles stored for the first time.")
        self.revisions = self._counter(
            "revisions_total", "Revisions stored, by what changed.", "change"
        )
        self.matches = self._counter("matches_total", "Places where a rule found something.")
        self.alerts = self._counter("alerts_total", "Alerts raised.")
        self.alarms = self._counter("alarms_total", "Work that failed unexpectedly.", "desk")

    def _define_delays(self) -> None:
        self.work = Histogram(
            "news_monitor_work_duration_seconds",
            "One piece of work, from taken to settled.",
            ["desk"],
            buckets=_WORK_S,
            registry=self.registry,
        )
        self.stored = Histogram(
            "news_monitor_published_to_stored_seconds",
            "From a new article's publication until it is stored.",
            buckets=_PUBLISHED_S,
            registry=self.registry,
        )
        self.sent = Histogram(
            "news_monitor_stored_to_sent_seconds",
            "From a message's oldest alert until the channel accepts it.",
            buckets=_STORED_S,
            registry=self.registry,
        )
        self.lag = Histogram(
            "news_monitor_loop_lag_seconds",
            "How late the event loop wakes a sleeper.",
            buckets=_LAG_S,
            registry=self.registry,
        )

    def _define_database(self) -> None:
        self.sources = self._gauge("sources", "Sources watched, by health.", "health")
        self.backlog = self._gauge("backlog", "Pieces of work that are due.", "desk")
        self.backlog_age = self._gauge(
            "backlog_age_seconds", "How long the oldest piece of due work has waited.", "desk"
        )
        self.deliveries = self._gauge("deliveries", "Messages in the outbox, by state.", "state")
        self.database_sound = self._gauge("database_sound", "1 unless the last check found damage.")
        self.database_sound.set(1)

    def _define_configuration(self) -> None:
        self.reload_ok = self._gauge(
            "config_last_reload_successful", "Whether the newest configuration is in force."
        )
        self.reloaded_at = self._gauge(
            "config_last_reload_success_timestamp_seconds",
            "When a configuration last came into force.",
        )

    # updated as things happen

    def observe(self, outcome: Outcome) -> None:
        """Count one piece of work by its outcome."""
        worker = outcome.worker
        if outcome.seconds is not None:
            self.work.labels(worker).observe(outcome.seconds)
        if outcome.size:
            self.bytes.labels(worker).inc(outcome.size)
        match worker:
            case "poll":
                self.polls.labels(outcome.result).inc()
                self.entries.labels("new").inc(outcome.new)
                self.entries.labels("changed").inc(outcome.changed)
            case "read":
                self._count_read(outcome)
            case "send":
                self.sends.labels(outcome.subject, outcome.result).inc()
                _observe(self.sent, outcome.lag)

    def _count_read(self, outcome: Outcome) -> None:
        self.reads.labels(outcome.result).inc()
        self.alerts.inc(outcome.alerts)
        self.matches.inc(outcome.matches)
        if outcome.change:
            self.revisions.labels(outcome.change).inc()
        if outcome.change == "first":
            self.articles.inc()
        _observe(self.stored, outcome.lag)

    def count_failure(self, worker: str) -> None:
        """Count an error that a worker survived."""
        self.alarms.labels(worker).inc()

    def record_reload(self, at: datetime) -> None:
        """Record that a configuration came into force."""
        self.reload_ok.set(1)
        self.reloaded_at.set(at.timestamp())

    def record_refused_reload(self) -> None:
        """Record that the newest configuration was refused."""
        self.reload_ok.set(0)

    # set before they are served

    def set_stats(self, stats: Stats) -> None:
        """Set the gauges of the database."""
        _set(self.backlog, stats.due)
        _set(self.backlog_age, {d: age.total_seconds() for d, age in stats.waited.items()})
        _set(self.deliveries, stats.deliveries)
        _set(self.sources, stats.sources)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)


async def measure_loop_lag(metrics: Metrics) -> None:
    """Record how late the running loop wakes a sleeper; never returns."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_INTERVAL.total_seconds()
        await asyncio.sleep(LAG_INTERVAL.total_seconds())
        metrics.lag.observe(max(0.0, loop.time() - due))


def _set(gauge: Gauge, values: Mapping[str, float]) -> None:
    for label, value in values.items():
        gauge.labels(label).set(value)


def _observe(histogram: Histogram, lag: timedelta | None) -> None:
    if lag is not None:
        histogram.observe(max(0.0, lag.total_seconds()))
