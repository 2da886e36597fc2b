"""What ``ffx serve`` runs: sessions, jobs, files, capabilities and load."""
