"""The host: assembles the plugins; one file per command; one error boundary."""
