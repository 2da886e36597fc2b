"""A window of another program, out of which files can be dragged: GTK's own drag and drop, as in a file manager.

Run with the files as arguments by the Python of the system, which has GTK; says where its window is when it is there.
"""
# mypy: ignore-errors
# ruff: noqa: E402

from __future__ import annotations

import sys
from pathlib import Path

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk

WIDTH, HEIGHT = 160, 48
"""Pixels."""


def main() -> None:
    left, top, *names = sys.argv[1:]
    window, box = Gtk.Window(), Gtk.EventBox()
    window.set_default_size(WIDTH, HEIGHT)
    box.add(Gtk.Label(label=f"{len(names)} files"))
    box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
    box.drag_source_add_uri_targets()
    uris = [Path(name).as_uri() for name in names]
    box.connect("drag-data-get", lambda widget, context, data, kind, time: data.set_uris(uris))
    box.connect("drag-failed", lambda widget, context, result: print(f"failed: {result.value_nick}", flush=True))
    box.connect("drag-end", lambda widget, context: Gtk.main_quit())
    window.connect("map-event", lambda widget, event: print("ready", flush=True))
    window.add(box)
    window.move(int(left), int(top))
    window.show_all()
    Gtk.main()


if __name__ == "__main__":
    main()
