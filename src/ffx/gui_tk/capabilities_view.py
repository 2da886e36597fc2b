"""What each server can do and why not, side by side. Without Tk."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ffx.core.model import EncoderReport, ServerCapabilities
from ffx.gui_tk.texts import Texts

VENDORS = ("nvidia", "intel", "amd", "apple", "other", "software")


@frozen
class CapabilityRow:
    """One encoder: a cell for each server."""

    vendor: str
    encoder: str
    cells: tuple[str, ...]


@frozen
class CapabilitiesView:
    """A table of encoders by servers."""

    servers: tuple[str, ...]
    rows: tuple[CapabilityRow, ...]
    """By vendor, those first of whom some server can do something; what can be done before what cannot."""


def side_by_side(found: Mapping[str, ServerCapabilities], texts: Texts) -> CapabilitiesView:
    """The table of what servers said."""
    servers = tuple(found)
    encoders: dict[tuple[str, str], bool] = {}
    for able in found.values():
        for report in able.encoders:
            key = report.vendor, report.name
            encoders[key] = encoders.get(key, False) or report.works
    able_vendors = {vendor for (vendor, _), works in encoders.items() if works}
    order = sorted(encoders, key=lambda key: (key[0] not in able_vendors, _place(key[0]), not encoders[key], key[1]))
    rows = (CapabilityRow(*key, tuple(_cell(found[name].encoder(key[1]), texts) for name in servers)) for key in order)
    return CapabilitiesView(servers, tuple(rows))


def _place(vendor: str) -> int:
    return VENDORS.index(vendor) if vendor in VENDORS else len(VENDORS)


def _cell(report: EncoderReport | None, texts: Texts) -> str:
    if report is None:
        return texts("not tried")
    if not report.works:
        return f"✖ {report.reason.replace('_', ' ')}" + (f": {report.hint}" if report.hint else "")
    figures = [report.max_resolution] if report.max_resolution else []
    figures += ["10 bit"] if report.ten_bit else []
    figures += [f"{report.fps:.0f} fps"] if report.fps else []
    return " ".join(["✔", ", ".join(figures)]).strip()
