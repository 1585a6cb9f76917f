"""HTTP servers of the daemon."""
