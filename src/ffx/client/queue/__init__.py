"""The queue: every job of a client, on disk, whatever happens to its processes."""
