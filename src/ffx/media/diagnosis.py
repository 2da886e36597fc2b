"""Why an encoder did not work: FFmpeg's words turned into a word of the vocabulary of reasons.

Exit statuses hardly help: up to FFmpeg 6 every failure is 1, later ones give the low byte of an error that many
causes share, on Windows the whole of it. So the messages decide, by their printf forms in FFmpeg's sources (file
names beside the rules). The first line that says something wins: what follows it are consequences, and the lines of
FFmpeg 7's threads come in varying order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ffx.core.detector import Reason

_Rule = tuple[re.Pattern[str], "Reason | Callable[[re.Match[str]], Reason | None]"]

_NOISE = re.compile(
    r"frame=|Conversion failed|.*(?:Task finished|Terminating thread|Nothing was written|Error sending frames"
    r"|Could not open encoder before EOF|Error while opening encoder|Error in GnuTLS)"
)
_CONTEXT = re.compile(r"^(?:\[[^\]]* @ (?:0x)?[0-9a-fA-F]+\] )+")


def _open_session(match: re.Match[str]) -> Reason:
    # The codes are NVENCSTATUS of nvEncodeAPI.h. 21 is what current drivers say when every session is taken.
    by_code = {
        "1": Reason.NO_DEVICE,
        "2": Reason.UNSUPPORTED_DEVICE,
        "10": Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT,
        "15": Reason.DRIVER_TOO_OLD,
        "21": Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT,
    }
    return by_code.get(match["code"], Reason.DRIVER_FAILURE)


def _nvenc_call(match: re.Match[str]) -> Reason | None:
    if "Frame Dimension" in match["text"]:
        return Reason.FRAME_SIZE
    return {"2": Reason.UNSUPPORTED_DEVICE, "10": Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT}.get(match["code"])


def _cuda(match: re.Match[str]) -> Reason:
    by_name = {
        "NO_DEVICE": Reason.NO_DEVICE,
        "INVALID_DEVICE": Reason.NO_DEVICE,
        "OUT_OF_MEMORY": Reason.OUT_OF_GPU_MEMORY,
        "INSUFFICIENT_DRIVER": Reason.DRIVER_TOO_OLD,
    }
    return by_name.get(match["name"], Reason.DRIVER_FAILURE)


def _cuda_context(match: re.Match[str]) -> Reason:
    # The number is a CUresult of cuda.h.
    return {"2": Reason.OUT_OF_GPU_MEMORY, "64": Reason.NO_DEVICE}.get(match["code"], Reason.DRIVER_FAILURE)


def _amf_component(match: re.Match[str]) -> Reason:
    # The numbers are AMF_RESULT of core/Result.h: not supported, invalid resolution, codec not supported.
    by_code = {"10": Reason.WRONG_GPU_GENERATION, "29": Reason.FRAME_SIZE, "30": Reason.WRONG_GPU_GENERATION}
    return by_code.get(match["code"], Reason.DRIVER_FAILURE)


def _rate_control(match: re.Match[str]) -> Reason:
    only_constant = match["modes"].strip().upper() == "CQP"
    return Reason.LOW_POWER_NO_HUC if only_constant else Reason.CODEC_UNSUPPORTED


def _rules(*pairs: tuple[str, Reason | Callable[[re.Match[str]], Reason | None]]) -> tuple[_Rule, ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in pairs)


_CERTAIN = _rules(
    (r"Unknown encoder '", Reason.ENCODER_NOT_BUILT),
    (r"Unrecognized option '", Reason.OPTION_NOT_BUILT),
    (r"No such filter: '(?:hwupload|vpp|scale_)", Reason.OPTION_NOT_BUILT),
    (r"Invalid device specification .*unknown device type", Reason.OPTION_NOT_BUILT),
    # nvenc.c, ffnvcodec's dynlink_loader.h, libavutil/cuda_check.h
    (r"Cannot load (?:libcuda|nvcuda)", Reason.LIBCUDA_MISSING),
    (r"Cannot load (?:libnvidia-encode|nvEncodeAPI)", Reason.NVENC_LIBRARY_MISSING),
    (r"Cannot load (?:cu[A-Z]|NvEnc)\w+", Reason.DRIVER_TOO_OLD),  # the library is there and lacks a function
    (r"does not support the required nvenc API version", Reason.DRIVER_TOO_OLD),
    (r"OpenEncodeSessionEx failed: [^(]*\((?P<code>\d+)\)", _open_session),
    (r"-> CUDA_ERROR_(?P<name>\w+)", _cuda),
    (r"Failed creating CUDA context for NVENC: 0x(?P<code>[0-9a-f]+)", _cuda_context),
    (r"\w+ failed: [^(:]*\((?P<code>\d+)\)(?P<text>.*)", _nvenc_call),
    (r"\bCodec not supported", Reason.WRONG_GPU_GENERATION),
    (r"(?:10 ?bit encode|YUV4\d\dP?) not supported", Reason.PIXEL_FORMAT),
    # qsv.c, qsvenc.c, hwcontext_qsv.c
    (r"doesn't support AV1 encoding", Reason.WRONG_GPU_GENERATION),
    (r"Failed to create a VAAPI device", Reason.NO_DEVICE),
    # hwcontext_vaapi.c, vaapi_encode.c, hw_base_encode.c
    (r"No VA display found", Reason.NO_VA_DISPLAY),
    (r"Failed to initialise VAAPI connection", Reason.DRIVER_FAILURE),
    (r"No usable encoding profile found", Reason.CODEC_UNSUPPORTED),
    (r"No usable encoding entrypoint found", Reason.LOW_POWER_UNSUPPORTED),
    (r"any RC mode compatible.*supported modes: (?P<modes>[^)]*)", _rate_control),
    (r"does not support encoding at size", Reason.FRAME_SIZE),
    (r"resource allocation failed", Reason.OUT_OF_GPU_MEMORY),
    # hwcontext_amf.c, amfenc.c
    (r"DLL \S+ failed to open", Reason.AMF_RUNTIME_MISSING),
    (r"AMF failed to initialise on the given Vulkan device", Reason.AMF_VULKAN_FAILED),
    (r"CreateComponent\([^)]*\) failed with error (?P<code>\d+)", _amf_component),
    (r"10-bit encoder is not supported by AMD GPU drivers", Reason.DRIVER_TOO_OLD),
    # videotoolboxenc.c; the number is kVTVideoEncoderNotAvailableNowErr of VTErrors.h
    (r"cannot create compression session: -12915", Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT),
    (r"cannot create compression session", Reason.HW_ENCODER_UNAVAILABLE),
    # hwcontext_vulkan.c, vulkan_encode.c
    (r"VK_ERROR_INCOMPATIBLE_DRIVER", Reason.VULKAN_NO_ICD),
    (r"Device does not support the \S+ extension", Reason.VULKAN_NO_ENCODE_EXTENSION),
    (r"too large for encoder limits", Reason.FRAME_SIZE),
    # v4l2_m2m.c, omx.c, rkmppenc.c, mfenc.c
    (r"Could not find a valid device", Reason.NO_DEVICE),
    (r"lib\w+\.so\S* not found", Reason.NO_DEVICE),
    (r"Failed to init(?:ialize)? MPP context", Reason.PERMISSION_DENIED),
    (r"mpp_service", Reason.PERMISSION_DENIED),
    (r"could not find any MFT|could not create MFT", Reason.NO_MFT),
    (r"could not set output type|format negotiation failed", Reason.NO_MFT),
    # Our own command was wrong.
    (r"Impossible to convert between the formats", Reason.NEEDS_HW_FRAMES),
    (r"A hardware device reference is required", Reason.NO_HW_DEVICE_SET),
)

_SUMMARIES = _rules(
    # Lines that many causes share: they decide only where nothing better was said.
    (r"AMF failed to initialise", Reason.DRIVER_FAILURE),
    (r"Failed to set value '(?:vaapi\b|/dev/dri/)", Reason.NO_VA_DISPLAY),
    (r"Failed to set value 'qsv\b", Reason.QSV_DEVICE_INIT_FAILED),
    (r"Failed to set value 'vulkan\b", Reason.VULKAN_DEVICE_INIT_FAILED),
    (r"Failed to set value '(?:cuda|d3d12va|amf|rkmpp)\b", Reason.NO_DEVICE),
    (r"Encoder not found", Reason.ENCODER_NOT_BUILT),
    (r"Option not found|has not been used for any stream", Reason.OPTION_NOT_BUILT),
    (r"No capable devices found", Reason.UNSUPPORTED_DEVICE),
    (r"Permission denied", Reason.PERMISSION_DENIED),
    (
        r"(?:invalid|unsupported|wrong) (?:frame |picture |video )?(?:size|resolution|dimension)"
        r"|(?:size|resolution|dimensions?) (?:value )?\S* ?(?:is |are )?(?:not supported|not valid|unsupported|invalid)"
        r"|(?:width|height|size|resolution|dimensions?) .*(?:must be|multiple of|exceeds|too (?:large|small|big))"
        r"|(?:only|no more than) .*(?:resolution|width|height|\d+x\d+)|valid sizes are|no DV profile for",
        Reason.FRAME_SIZE,
    ),
    (
        r"(?:pixel|color|colour) ?format.*(?:not supported|unsupported|not available|invalid)"
        r"|(?:unsupported|invalid) (?:pixel|pix_fmt|color)",
        Reason.PIXEL_FORMAT,
    ),
)

_QSV_REFUSALS = {
    # What qsvenc.c names one by one, and the reason when it is the only one.
    "codec type": Reason.WRONG_GPU_GENERATION,
    "profile": Reason.CODEC_UNSUPPORTED,
    "ratecontrol mode": Reason.LOW_POWER_NO_HUC,
    "low power mode": Reason.LOW_POWER_UNSUPPORTED,
    "resolution": Reason.FRAME_SIZE,
    "pixel format": Reason.PIXEL_FORMAT,
    "frame rate": Reason.DRIVER_FAILURE,
    "picture structure": Reason.DRIVER_FAILURE,
}
_QSV_REFUSAL = re.compile(rf"(?:Current|Selected)? ?({'|'.join(_QSV_REFUSALS)}) is unsupported", re.IGNORECASE)
_QSV_REFUSED = re.compile("some encoding parameters are not supported by the QSV runtime", re.IGNORECASE)
_QSV_SESSION = re.compile(r"Error (?:creating|initializing) an? (?:internal )?MFX session", re.IGNORECASE)

_CRASH_SIGNALS = frozenset({-4, -6, -7, -8, -10, -11})  # SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV as Python gives them
_CRASH_CODES = 0xC000  # the upper half of Windows' 0xC0000005 (access violation) and its neighbours
_NOT_FOUND = 8  # the low byte of AVERROR_ENCODER_NOT_FOUND; Windows gives the whole of it


def diagnose(encoder: str, exit_status: int | None, stderr: str, *, timed_out: bool = False) -> Reason:
    """The reason why a trial of an encoder failed.

    Only for a trial that did fail: working encoders print ``failed`` and ``not supported`` too. A status is
    taken as any system gives it (negative, a byte, or unsigned 32 bits on Windows); None where there is none.
    ``timed_out`` is the caller's knowledge, because the status of a stopped FFmpeg looks like another failure.
    """
    if timed_out:
        return Reason.TIMEOUT
    lines = list(meaningful_lines(stderr))
    reason = _first(_CERTAIN, lines, also=lambda line: _qsv(encoder, line, lines)) or _first(_SUMMARIES, lines)
    return reason or _by_status(encoder, exit_status)


def meaningful_lines(stderr: str) -> Iterator[str]:
    """The lines that can say why, without blank ones, progress, and the echoes of FFmpeg's threads."""
    for line in stderr.splitlines():
        text = line.strip()
        if text and not _NOISE.match(text):
            yield text


def decisive_line(encoder: str, stderr: str) -> str:
    """The line that a person should read, without the addresses in front; empty when FFmpeg said nothing."""
    lines = list(meaningful_lines(stderr))
    for rules in (_CERTAIN, _SUMMARIES):
        for line in lines:
            if _match(rules, line) or (rules is _CERTAIN and _qsv(encoder, line, lines)):
                return _CONTEXT.sub("", line)
    named = [line for line in lines if encoder in line] or [line for line in lines if line.startswith("[")] or lines
    return _CONTEXT.sub("", named[0]) if named else ""


def _first(
    rules: tuple[_Rule, ...], lines: list[str], also: Callable[[str], Reason | None] = lambda line: None
) -> Reason | None:
    for line in lines:
        reason = _match(rules, line) or also(line)
        if reason:
            return reason
    return None


def _match(rules: tuple[_Rule, ...], line: str) -> Reason | None:
    for pattern, verdict in rules:
        match = pattern.search(line)
        if match:
            reason = verdict if isinstance(verdict, Reason) else verdict(match)
            if reason:
                return reason
    return None


def _qsv(encoder: str, line: str, lines: list[str]) -> Reason | None:
    if _QSV_SESSION.search(line):
        # The encoder's own session also fails where there is no Intel GPU at all. A device context comes this far
        # only with one: it is there and no runtime serves it, as with a generation older than the runtime's oldest.
        return Reason.MFX_SESSION_FAILED if "_qsv" in line or "_qsv" in encoder else Reason.WRONG_GPU_GENERATION
    if not (_QSV_REFUSAL.search(line) or _QSV_REFUSED.search(line)):
        return None
    refused = {match.group(1).lower() for line in lines if (match := _QSV_REFUSAL.search(line))}
    if "codec type" in refused:
        return Reason.WRONG_GPU_GENERATION
    if len(refused) == 1:
        return _QSV_REFUSALS[refused.pop()]
    # Everything refused at once means that the GPU lacks the codec; H.264 is in every generation of them.
    several_means_driver = not refused or encoder.startswith("h264")
    return Reason.DRIVER_FAILURE if several_means_driver else Reason.WRONG_GPU_GENERATION


def _by_status(encoder: str, exit_status: int | None) -> Reason:
    if exit_status is None:
        return Reason.UNKNOWN
    if exit_status > 0 and exit_status & 0xFF == _NOT_FOUND:
        return Reason.ENCODER_NOT_BUILT
    crashed = exit_status in _CRASH_SIGNALS or exit_status >> 16 == _CRASH_CODES
    is_hardware = re.search("_(?:nvenc|qsv|amf|vaapi|videotoolbox|vulkan|v4l2m2m|mf|d3d12va|rkmpp)$", encoder)
    return Reason.DRIVER_FAILURE if crashed and is_hardware else Reason.UNKNOWN


def general_hint(reason: Reason) -> str:
    """One sentence on what a person can do; never empty. Detectors say more where they know more."""
    return _HINTS[reason]


def ends_route(reason: Reason) -> bool:
    """Whether the failure lies before the encoder, so that other options on the same device cannot help."""
    return reason in _BEFORE_THE_ENCODER


def passes_by_waiting(reason: Reason) -> bool:
    """Whether the same trial may work a little later, with nothing changed on the machine."""
    return reason in _PASSING


_PASSING = frozenset(
    {
        Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT,
        Reason.OUT_OF_GPU_MEMORY,
        Reason.HW_ENCODER_UNAVAILABLE,
        Reason.DRIVER_FAILURE,
        Reason.TIMEOUT,
        Reason.UNKNOWN,
    }
)

_BEFORE_THE_ENCODER = frozenset(
    {
        Reason.ENCODER_NOT_BUILT,
        Reason.NO_DEVICE,
        Reason.DRIVER_TOO_OLD,
        Reason.LIBCUDA_MISSING,
        Reason.NVENC_LIBRARY_MISSING,
        Reason.PERMISSION_DENIED,
        Reason.MFX_SESSION_FAILED,
        Reason.QSV_DEVICE_INIT_FAILED,
        Reason.NO_VA_DISPLAY,
        Reason.AMF_RUNTIME_MISSING,
        Reason.AMF_VULKAN_FAILED,
        Reason.NO_MFT,
        Reason.VULKAN_NO_ICD,
        Reason.VULKAN_DEVICE_INIT_FAILED,
        Reason.VULKAN_NO_ENCODE_EXTENSION,
        Reason.NO_HW_DEVICE_SET,
        Reason.TIMEOUT,
    }
)

_HINTS = {
    Reason.ENCODER_NOT_BUILT: "This FFmpeg was built without the encoder: install a fuller one, name it in FFX_FFMPEG.",
    Reason.OPTION_NOT_BUILT: "This FFmpeg was built without an option that the encoder needs: install a fuller build.",
    Reason.NO_DEVICE: "No device for this encoder was found: fit one, or pass it to the container or virtual machine.",
    Reason.DRIVER_TOO_OLD: "The graphics driver is too old for this FFmpeg: update the driver, or use an older FFmpeg.",
    Reason.DRIVER_FAILURE: "The graphics driver failed: update or reinstall it, and restart the machine.",
    Reason.LIBCUDA_MISSING: "The NVIDIA driver is not installed, or not passed to this container: install or pass it.",
    Reason.NVENC_LIBRARY_MISSING: (
        "NVIDIA's encoding library is missing: give the container the `video` driver capability "
        "(NVIDIA_DRIVER_CAPABILITIES=video,compute,utility), or install libnvidia-encode."
    ),
    Reason.UNSUPPORTED_DEVICE: "This GPU has no encoder of the kind, or the host does not let us use it: try another.",
    Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT: (
        "Every encoding session of the GPU is in use, by other programs too: close one, then try again."
    ),
    Reason.OUT_OF_GPU_MEMORY: "The GPU has no memory left: close programs that use it, then try again.",
    Reason.WRONG_GPU_GENERATION: "This generation of GPU cannot encode the codec: use another codec or a newer GPU.",
    Reason.CODEC_UNSUPPORTED: "The GPU or its driver cannot encode this codec: install a fuller driver or use another.",
    Reason.PIXEL_FORMAT: "The encoder does not take this pixel format: convert to 8-bit 4:2:0 (format=yuv420p).",
    Reason.PERMISSION_DENIED: "This user may not open the device: add the user to the group that owns it.",
    Reason.MFX_SESSION_FAILED: (
        "No Intel encoding runtime answered: an Intel GPU and its runtime (libmfx-gen or intel-media-sdk) are needed."
    ),
    Reason.QSV_DEVICE_INIT_FAILED: "No Intel GPU could be opened: check the driver and that /dev/dri is there.",
    Reason.LOW_POWER_UNSUPPORTED: "The GPU lacks this entry point: encode with the other value of -low_power.",
    Reason.LOW_POWER_NO_HUC: (
        "Bitrate modes need the GPU's HuC firmware: load it (kernel option i915.enable_guc=2), or use constant quality."
    ),
    Reason.NO_VA_DISPLAY: (
        "The render node could not be opened: check that /dev/dri/renderD* is there and that this user may open it "
        "(group render or video)."
    ),
    Reason.AMF_RUNTIME_MISSING: "AMD's runtime (amfrt64) is missing: install AMD's driver; on Linux, VAAPI needs none.",
    Reason.AMF_VULKAN_FAILED: "AMD's runtime found no Vulkan driver that it can use: install AMD's, or use VAAPI.",
    Reason.HW_ENCODER_UNAVAILABLE: "The system's hardware encoder is busy or missing here: close other encoders.",
    Reason.NO_MFT: "Windows offers no hardware encoder for this: install the GPU's driver.",
    Reason.VULKAN_NO_ICD: "No Vulkan driver is installed: install the one of the GPU.",
    Reason.VULKAN_DEVICE_INIT_FAILED: "The Vulkan device could not be opened: update the GPU's Vulkan driver.",
    Reason.VULKAN_NO_ENCODE_EXTENSION: "The Vulkan driver cannot encode video: update it, or use another encoder.",
    Reason.NEEDS_HW_FRAMES: "The encoder wants frames on the device: ffx gave it none, please report this.",
    Reason.NO_HW_DEVICE_SET: "The upload filter had no device: ffx gave it none, please report this.",
    Reason.FRAME_SIZE: "The encoder takes only certain frame sizes: scale to one of them.",
    Reason.TIMEOUT: "The trial did not end in time: the driver hangs or the machine is busy; try again later.",
    Reason.UNKNOWN: "FFmpeg refused without a reason that ffx knows: run the encoder by hand to see its words.",
}
