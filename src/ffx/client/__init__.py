"""The farm as a client sees it: servers, the dispatcher and transfers."""
