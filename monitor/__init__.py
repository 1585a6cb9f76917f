"""news-monitor: watches feeds, tells a new article from an updated one, and alerts once."""

__version__ = "0.1.0"
