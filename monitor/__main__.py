"""The first module of every command: blocks SIGHUP before it imports anything larger."""

from monitor import reload_signal


def main() -> None:
    """The entry point. Only `run` waits for SIGHUP; other commands unblock it (monitor/cli)."""
    reload_signal.block()
    from monitor.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
