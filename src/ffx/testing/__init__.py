"""Public conformance suites and fixtures for the authors of plugins."""
