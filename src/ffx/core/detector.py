"""What a detector is: the knowledge of one hardware family that turns trials into an answer.

A detector names devices, says how to try an encoder on them and explains failures. It never decides by itself
that an encoder works or does not: only a trial does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum

from attrs import frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup, EncoderType


class Reason(StrEnum):
    """Why an encoder does not work on a machine."""

    ENCODER_NOT_BUILT = "encoder_not_built"
    OPTION_NOT_BUILT = "option_not_built"
    NO_DEVICE = "no_device"
    DRIVER_TOO_OLD = "driver_too_old"
    DRIVER_FAILURE = "driver_failure"
    LIBCUDA_MISSING = "libcuda_missing"
    NVENC_LIBRARY_MISSING = "nvenc_library_missing"
    UNSUPPORTED_DEVICE = "unsupported_device"
    OUT_OF_MEMORY_OR_SESSION_LIMIT = "out_of_memory_or_session_limit"
    OUT_OF_GPU_MEMORY = "out_of_gpu_memory"
    WRONG_GPU_GENERATION = "wrong_gpu_generation"
    CODEC_UNSUPPORTED = "codec_unsupported"
    PIXEL_FORMAT = "pixel_format"
    PERMISSION_DENIED = "permission_denied"
    MFX_SESSION_FAILED = "mfx_session_failed"
    QSV_DEVICE_INIT_FAILED = "qsv_device_init_failed"
    LOW_POWER_UNSUPPORTED = "low_power_unsupported"
    LOW_POWER_NO_HUC = "low_power_no_huc"
    NO_VA_DISPLAY = "no_va_display"
    AMF_RUNTIME_MISSING = "amf_runtime_missing"
    AMF_VULKAN_FAILED = "amf_vulkan_failed"
    HW_ENCODER_UNAVAILABLE = "hw_encoder_unavailable"
    NO_MFT = "no_mft"
    VULKAN_NO_ICD = "vulkan_no_icd"
    VULKAN_DEVICE_INIT_FAILED = "vulkan_device_init_failed"
    VULKAN_NO_ENCODE_EXTENSION = "vulkan_no_encode_extension"
    NEEDS_HW_FRAMES = "needs_hw_frames"
    NO_HW_DEVICE_SET = "no_hw_device_set"
    FRAME_SIZE = "frame_size"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"


@frozen
class Device:
    """One device as the vendor's tools or the system name it."""

    name: str
    """For a person, such as ``NVIDIA GeForce RTX 3060``."""
    encoder_type: EncoderType
    node: str = ""
    """What FFmpeg needs to find it: ``/dev/dri/renderD128``, a GPU index; empty when there is no choice."""
    driver: str = ""
    """Its version; part of what a cached answer depends on."""
    detail: str = ""
    """Anything that explains a failure, such as the words of a vendor's tool that did not work."""


@frozen
class Trial:
    """One way to try an encoder."""

    setup: EncoderSetup
    pixel_format: str
    device: Device | None = None
    attempts: int = 1
    """How often to try; more than once only where a vendor is known to need it."""
    pause: float = 0.0
    """Seconds between two attempts."""
    options: tuple[str, ...] = ()
    """Output options for this trial alone; what a job needs too stands in ``setup``."""
    size: tuple[int, int] | None = None
    """Width and height, for an encoder that takes only certain sizes; None: the usual one."""
    refuse: str = ""
    """A pattern for what FFmpeg says of its device at log level verbose; a match means that a success is none,
    as when a processor plays the GPU."""
    note: str = ""
    """What a person should know when this is the trial that worked, such as a mode that is missing."""


@frozen
class ToolOutput:
    """What a vendor's tool said. ``exit_status`` is None when it could not be started."""

    exit_status: int | None
    stdout: str = ""
    stderr: str = ""


ToolRunner = Callable[[Sequence[str]], Awaitable[ToolOutput]]
"""Runs an argv within a time limit; never raises for a tool that is missing or fails."""


class Detector(ABC):
    """Knows one family of encoders."""

    name: str
    encoder_type: EncoderType

    @abstractmethod
    def claims(self, encoder: str) -> bool:
        """Whether an encoder that FFmpeg lists (``hevc_qsv``) belongs to this family."""

    @abstractmethod
    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        """Name the devices of this family. What it finds explains and directs trials, and never vetoes one."""

    @abstractmethod
    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        """The ways to try an encoder, in order; the first that works wins. Never empty for 8 bit, with or
        without devices; empty for 10 bit where the encoder has none.
        """

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        """What a person can do about a failure; empty: the general hint for the reason serves.

        ``message`` is what FFmpeg printed.
        """
        return ""
