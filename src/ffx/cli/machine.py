"""How a machine and its encoders read: tables for people, plain values for programs."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

from ffx.cli.text import print_line, print_table, share
from ffx.core.model import EncoderReport, SandboxLevel, ServerCapabilities, ServerInfo
from ffx.core.plain import to_plain

_SANDBOXES = {
    SandboxLevel.FULL: "full: FFmpeg has no network and sees no file but the job's own",
    SandboxLevel.LIMITS: "limits: files, memory and processes are limited, and FFmpeg can read what the server can",
    SandboxLevel.NONE: "none: FFmpeg can read and write what the server can",
}
VENDORS = ("nvidia", "intel", "amd", "apple", "other", "software")


def plain_capabilities(capabilities: ServerCapabilities, *, server: str, address: str = "") -> dict[str, Any]:
    """The capabilities of one machine, with the name that a person knows it by."""
    plain: dict[str, Any] = to_plain(capabilities)
    return {"server": server, "address": address, **plain}


def sandbox_in_words(level: SandboxLevel) -> str:
    """What a sandbox is worth, beginning with its level."""
    return _SANDBOXES[level]


def print_machine(capabilities: ServerCapabilities, *, title: str, sandbox: SandboxLevel | None = None) -> None:
    """What the machine is and a table of all encoders, hardware first; those that fail have reason and hint."""
    print_line(title)
    print_line(_facts(capabilities))
    if sandbox is not None:
        print_line(f"  sandbox {sandbox_in_words(sandbox)}")
    rows = [_row(report) for report in in_order(capabilities.encoders)]
    heading = ("VENDOR", "ENCODER", "CODEC", "WORKS", "LARGEST", "10 BIT", "FPS", "WHY NOT")
    print_table(rows, heading=heading, indent="  ")
    if not capabilities.complete:
        print_line("  not all encoders and speeds are known yet: they are tried while a server runs here")


def print_encoders(info: ServerInfo, known: Container[str]) -> None:
    """What a server can encode, in a few lines: hardware by vendor, then software; of that what is ``known``."""
    working = [report for report in in_order(info.capabilities.encoders) if report.works]
    hardware = [report for report in working if report.encoder_type.is_hardware]
    software = [report.name for report in working if not report.encoder_type.is_hardware]
    for vendor in VENDORS:
        names = [report.name for report in hardware if report.vendor == vendor]
        if names:
            print_line(f"  {vendor}: {', '.join(names)}")
    common = [name for name in software if name in known]
    others = len(software) - len(common)
    more = [f"{others} more (see: ffx capabilities)"] if others else []
    if software:
        print_line(f"  software: {', '.join(common + more)}")
    if not working:
        print_line("  no encoder works there")


def print_failing(encoders: Iterable[EncoderReport]) -> None:
    """The encoders that do not work, by vendor, with what to do; those with one reason share a line."""
    failing = [report for report in in_order(encoders) if not report.works]
    for vendor in VENDORS:
        by_reason: dict[str, list[str]] = {}
        for report in failing:
            if report.vendor == vendor:
                by_reason.setdefault(_why_not(report), []).append(report.name)
        if by_reason:
            print_line(f"  {vendor}:")
        for reason, names in by_reason.items():
            print_line(f"    {', '.join(names)}: {reason}")


def in_order(encoders: Iterable[EncoderReport]) -> Sequence[EncoderReport]:
    """By vendor, pictures before sound, the working ones first, then by name."""

    def place(report: EncoderReport) -> tuple[int, bool, bool, str]:
        vendor = VENDORS.index(report.vendor) if report.vendor in VENDORS else len(VENDORS)
        return vendor, report.kind != "video", not report.works, report.name

    return sorted(encoders, key=place)


def _facts(capabilities: ServerCapabilities) -> str:
    facts = [
        f"{capabilities.hostname} ({capabilities.os})",
        f"{capabilities.cpu_cores} cores",
        f"{capabilities.memory_gb:.1f} GB memory",
        f"{capabilities.disk_space_gb:.1f} GB free",
        f"FFmpeg {capabilities.ffmpeg_version}",
        f"CPU load {share(capabilities.current_load)}",
    ]
    if capabilities.estimated_performance:
        facts.append(f"performance {capabilities.estimated_performance:.0f} of 1000")
    if capabilities.max_resolution:
        facts.append(f"up to {capabilities.max_resolution}")
    return "  " + ", ".join(facts)


def _row(report: EncoderReport) -> tuple[str, ...]:
    return (
        report.vendor,
        report.name,
        report.codec,
        "yes" if report.works else "no",
        report.max_resolution,
        "yes" if report.ten_bit else "",
        f"{report.fps:.0f}" if report.fps else "",
        _why_not(report),
    )


def _why_not(report: EncoderReport) -> str:
    return ": ".join(word for word in (report.reason, report.hint) if word)
