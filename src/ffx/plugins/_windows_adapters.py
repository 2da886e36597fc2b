"""The graphics adapters of Windows with their driver versions, by the registry; nothing on other systems."""

from __future__ import annotations

import sys

from ffx.core.detector import Device
from ffx.core.model import EncoderType

_DISPLAY_ADAPTERS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"


def windows_adapters(word: str, encoder_type: EncoderType) -> tuple[Device, ...]:
    """The adapters whose description contains the word, such as ``Intel``."""
    return tuple(
        Device(name, encoder_type, driver=driver) for name, driver in _adapters() if word.lower() in name.lower()
    )


def _adapters() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _DISPLAY_ADAPTERS) as adapters:
            for index in range(winreg.QueryInfoKey(adapters)[0]):
                try:
                    with winreg.OpenKey(adapters, winreg.EnumKey(adapters, index)) as adapter:
                        name = str(winreg.QueryValueEx(adapter, "DriverDesc")[0])
                        found.append((name, str(winreg.QueryValueEx(adapter, "DriverVersion")[0])))
                except OSError:  # the key "Properties" is closed to users, others lack the values
                    continue
    return found
