"""The conformance check for detectors: every promise of ``ffx.core.detector``.

::

    from ffx.testing.detector import check_detector

    def test_my_detector():
        check_detector(MyDetector(), specs=MY_ENCODERS)
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from attrs import evolve

from ffx.core.detector import Detector, Device, Reason, ToolOutput, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup, EncoderType

FAMILIES = ("nvenc", "qsv", "amf", "vaapi", "videotoolbox", "v4l2m2m", "vulkan", "mediacodec", "mf", "d3d12va", "rkmpp")
CODECS = ("h264", "hevc", "av1")
SOFTWARE = ("libx264", "libx265", "libsvtav1", "libaom-av1", "libvpx-vp9", "mpeg4", "ffv1")
STRANGE = (
    "",
    " ",
    "_",
    "h264_",
    "_nvenc",
    "from_tomorrow",
    "H264_NVENC",
    "\u00e9\u4e2d",
    "a\nb",
    "x" * 10_000,
    "-version",
)
KNOWN = (*(f"{codec}_{family}" for codec in CODECS for family in FAMILIES), *SOFTWARE)

GARBAGE = (
    "",
    "\n",
    "\x00\x1b[31m\ud800",
    "{",
    "[]",
    '{"SPDisplaysDataType": [{"_name": null}, 17]}',
    "0,",
    "a, b, c, d, e\n,,,,\n" * 50,
    "<html><body>not a tool</body></html>",
    "No devices were found\nFailed to initialize NVML: Driver/library version mismatch",
    "x" * 1_000_000,
)
"""What a tool may print on a bad day."""


def check_detector(detector: Detector, specs: Sequence[EncoderSpec] = ()) -> None:
    """Hold a detector to its promises. Call it from a plain function: it runs a loop of its own.

    ``specs`` are encoders of its family, tried beside the common ones that it claims.

    Raises:
        AssertionError: the promise that was broken, with what broke it.
    """
    _check_identity(detector)
    _check_claims(detector, specs)
    found = asyncio.run(_check_devices(detector))
    encoders = (*specs, *(EncoderSpec(name, name.split("_")[0]) for name in KNOWN if detector.claims(name)))
    _promise(encoders, "it claims at least one encoder: give specs where it claims none of the common ones")
    invented = tuple(
        Device(f"invented {node or 'device'}", encoder_type, node=node, driver="1.0", detail="\x1b[31m?")
        for encoder_type in (detector.encoder_type, EncoderType.HARDWARE_INTEL, EncoderType.HARDWARE_AMD)
        for node in ("/dev/dri/renderD128", "0", "")
    )
    for devices in (*dict.fromkeys(((), *found, invented[:1], invented[:3], invented)),):
        for spec in encoders:
            _check_trials(detector, spec, devices)
            _check_hints(detector, spec, devices)


def _promise(kept: object, promise: str) -> None:
    if not kept:
        raise AssertionError(promise)


def _check_identity(detector: Detector) -> None:
    _promise(isinstance(detector, Detector), "a detector is a subclass of ffx.core.detector.Detector")
    _promise(isinstance(detector.name, str) and detector.name.strip(), "a detector has a name")
    _promise(isinstance(detector.encoder_type, EncoderType), "a detector has an encoder_type")


def _check_claims(detector: Detector, specs: Sequence[EncoderSpec]) -> None:
    for name in (*KNOWN, *STRANGE):
        try:
            answer, again = detector.claims(name), detector.claims(name)
        except Exception as error:
            raise AssertionError(f"claims answers for every name, and raised {error!r} for {name!r:.80}") from error
        _promise(isinstance(answer, bool), f"claims answers True or False, not {answer!r}, for {name!r:.80}")
        _promise(answer is again, f"claims answers the same twice: not for {name!r:.80}")
    for spec in specs:
        _promise(detector.claims(spec.name), f"a detector claims the encoders of its family: not {spec.name}")


async def _check_devices(detector: Detector) -> tuple[tuple[Device, ...], ...]:
    """Whatever tools say, an answer comes. Returns every answer."""
    found = [await _devices(detector, ToolOutput(None), "every tool is missing")]
    for text in GARBAGE:
        for output in (ToolOutput(0, text), ToolOutput(0, "", text), ToolOutput(1, text, text), ToolOutput(-11, text)):
            circumstances = f"a tool ended with {output.exit_status} and printed {text!r:.60}"
            found.append(await _devices(detector, output, circumstances))
    return tuple(found)


async def _devices(detector: Detector, output: ToolOutput, circumstances: str) -> tuple[Device, ...]:
    try:
        devices = await detector.devices(_always(output))
    except Exception as error:
        raise AssertionError(f"devices never raises, and raised {error!r} when {circumstances}") from error
    _promise(isinstance(devices, tuple), f"devices returns a tuple, not {type(devices).__name__}, when {circumstances}")
    for device in devices:
        _promise(isinstance(device, Device), f"devices returns Device values, not {device!r:.80}, when {circumstances}")
        _promise(device.name.strip(), f"a device has a name, also when {circumstances}")
        _promise(isinstance(device.encoder_type, EncoderType), f"a device has an encoder_type, not {device!r:.80}")
    return devices


def _always(output: ToolOutput) -> ToolRunner:
    async def run(argv: Sequence[str]) -> ToolOutput:
        _promise(
            not isinstance(argv, str) and argv and all(isinstance(word, str) for word in argv),
            f"a tool is run by an argv of texts, not {argv!r}",
        )
        return output

    return run


def _check_trials(detector: Detector, spec: EncoderSpec, devices: tuple[Device, ...]) -> None:
    circumstances = f"for {spec.name} with {len(devices)} devices"
    trials = _trials(detector, spec, devices, False)
    _promise(trials, f"trials are never empty for 8 bit: {circumstances}")
    for trial in (*trials, *_trials(detector, spec, devices, True)):
        _check_trial(trial, spec, devices, circumstances)
    without_ten_bit = evolve(spec, ten_bit_pixel_format="")
    _promise(
        _trials(detector, without_ten_bit, devices, True) == (),
        f"trials are empty for 10 bit where the encoder has none: {circumstances}",
    )


def _trials(detector: Detector, spec: EncoderSpec, devices: tuple[Device, ...], ten_bit: bool) -> tuple[Trial, ...]:
    try:
        trials = detector.trials(spec, devices, ten_bit=ten_bit)
        again = detector.trials(spec, list(devices), ten_bit=ten_bit)
    except Exception as error:
        raise AssertionError(
            f"trials never raises, and raised {error!r} for {spec.name} with {len(devices)} devices"
        ) from error
    _promise(isinstance(trials, tuple), f"trials returns a tuple, not {type(trials).__name__}")
    _promise(trials == again, f"trials answers the same twice: not for {spec.name}")
    return trials


def _check_trial(trial: Trial, spec: EncoderSpec, devices: tuple[Device, ...], circumstances: str) -> None:
    _promise(isinstance(trial, Trial), f"trials returns Trial values, not {trial!r:.80}, {circumstances}")
    if spec.kind == "video":
        _promise(
            trial.pixel_format and not set(trial.pixel_format) & set(" \n:,"),
            f"a trial of a video encoder gives one pixel format, not {trial.pixel_format!r}, {circumstances}",
        )
    _promise(trial.attempts >= 1, f"a trial is tried at least once, not {trial.attempts} times, {circumstances}")
    _promise(trial.pause >= 0, f"a pause is 0 seconds or more, not {trial.pause}, {circumstances}")
    _promise(trial.device is None or trial.device in devices, f"a trial uses a device that was named, {circumstances}")
    _promise(isinstance(trial.setup, EncoderSetup), f"a trial has an EncoderSetup, {circumstances}")
    _promise(trial.size is None or min(trial.size) > 0, f"a size is above 0, not {trial.size}, {circumstances}")
    _promise("\n" not in trial.note, f"a note is one line, not {trial.note!r:.200}, {circumstances}")
    _promise(_is_pattern(trial.refuse), f"refuse is a regular expression, not {trial.refuse!r}, {circumstances}")
    for option in (*trial.setup.input_options, *trial.setup.output_options, *trial.options):
        _promise(isinstance(option, str), f"an option is a text, not {option!r}, {circumstances}")


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _check_hints(detector: Detector, spec: EncoderSpec, devices: tuple[Device, ...]) -> None:
    for reason in Reason:
        for message in ("", "Required: 13.0 Found: 12.2", "\x00\x1b[31m{[(", "x" * 10_000):
            try:
                hint = detector.hint(spec.name, reason, devices, message)
            except Exception as error:
                raise AssertionError(f"hint never raises, and raised {error!r} for {spec.name}, {reason}") from error
            _promise(isinstance(hint, str), f"a hint is a text, not {hint!r}, for {spec.name}, {reason}")
            _promise("\n" not in hint, f"a hint is one line, not {hint!r:.200}, for {spec.name}, {reason}")
