"""What the journeys use (a daemon, a world of sites and inboxes) serves here as well."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "journeys"))
