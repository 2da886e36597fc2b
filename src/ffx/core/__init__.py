"""The language that every part of ffx speaks; knows no plugin, no socket and no screen."""
