"""Its place puts `tests/` on the import path, for the servers that several folders share."""

from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about us.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")
