"""Prints the messages of ``reported.json`` as FFmpeg's sources would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_QSV_REFUSALS = {
    "codec type": "Current codec type is unsupported",
    "profile": "Current profile is unsupported",
    "ratecontrol": "Selected ratecontrol mode is unsupported",
    "low power": "Low power mode is unsupported",
    "frame rate": "Current frame rate is unsupported",
    "picture structure": "Current picture structure is unsupported",
    "resolution": "Current resolution is unsupported",
    "pixel format": "Current pixel format is unsupported",
}


def printed(case: dict[str, Any]) -> str | None:
    """The stderr of a case; None where the message is another program's, or its text is not known."""
    write = _WRITERS.get(case["message_key"])
    if write is None:
        return None
    lines = write({"encoder": case["encoder"], **case["message_args"]})
    name = case["encoder"].split("/")[0]
    context = f"[{name} @ 0x55d7b85e5800] " if "_" in name else "[AVHWDeviceContext @ 0x55d7b85e5800] "
    return "".join(f"{context}{line}\n" for line in lines)


def _api_version(a: dict[str, Any]) -> list[str]:
    return [
        "Driver does not support the required nvenc API version. "
        f"Required: {a.get('required', '13.1')} Found: {a.get('found', '13.0')}",
        f"The minimum required Nvidia driver for nvenc is {a.get('minver', '610.00')} or newer",
    ]


def _open_session(a: dict[str, Any]) -> list[str]:
    words = {2: "unsupported device", 10: "out of memory"}
    return [f"OpenEncodeSessionEx failed: {a.get('err', words[a['code']])} ({a['code']}): (no details)"]


def _unsupported_param(a: dict[str, Any]) -> list[str]:
    which = str(a.get("which", "")).split(" (")[0]
    refused = [_QSV_REFUSALS[name.strip()] for name in which.split(",") if name.strip()]
    last = "some encoding parameters are not supported by the QSV runtime. Please double check the input parameters."
    return [*refused, last]


_WRITERS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "nvenc.api_version": _api_version,
    "nvenc.open_session": _open_session,
    "nvenc.cuda_context": lambda a: [f"Failed creating CUDA context for NVENC: {a['cuda_error']}"],
    "nvenc.ten_bit": lambda a: ["10 bit encode not supported", "No capable devices found"],
    "cuda.init": lambda a: [f"dl_fn->cuda_dl->cuInit(0) failed -> {a['cuda_error']}: operation not supported"],
    "unknown_encoder": lambda a: [f"Unknown encoder '{a['encoder']}'"],
    "qsv.unsupported_param": _unsupported_param,
    "qsv.create_session": lambda a: [f"Error creating a MFX session: {a['code']}."],
    "vaapi.no_rc_mode": lambda a: [
        f"Driver does not support any RC mode compatible with selected options (supported modes: {a['supported']})."
    ],
    "vaapi.low_power": lambda a: ["No usable encoding entrypoint found for profile VAProfileHEVCMain (17)."],
    "vaapi.no_entrypoint": lambda a: ["No usable encoding entrypoint found for profile VAProfileH264High (7)."],
    "vaapi.no_profile": lambda a: ["No usable encoding profile found."],
    "amf.vulkan_init": lambda a: [f"AMF failed to initialise on the given Vulkan device: {a['code']}."],
    "amf.dll_open": lambda a: [f"DLL {a['dll']} failed to open"],
    "amf.create_component": lambda a: [f"CreateComponent({a['component']}) failed with error {a['code']}"],
    "vt.create_session": lambda a: [
        f"Error: cannot create compression session: {a.get('status', -12908)}",
        "Try -allow_sw 1. The hardware encoder may be busy, or not supported.",
    ],
    "rkmpp.init": lambda a: [f"Failed to initialize MPP context ({a.get('code', -1)})."],
    "v4l2.no_device": lambda a: ["Could not find a valid device", "can't configure encoder"],
}
