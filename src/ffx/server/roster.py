"""Who knows which encoder: the plugins' detectors and specs, asked by an encoder's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ffx.core.detector import Detector, Device, Reason
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderReport, EncoderType
from ffx.media.build import FfmpegBuild
from ffx.media.diagnosis import general_hint
from ffx.server.examination import advice


class Roster:
    """Detectors in the order in which they are asked, and what plugins say of encoders beforehand."""

    def __init__(self, detectors: Mapping[str, Detector], specs: Mapping[str, EncoderSpec]) -> None:
        self.detectors = tuple(sorted(detectors.values(), key=_hardware_first))
        self.specs = specs

    def detector(self, encoder: str) -> Detector | None:
        """Whoever knows how to try the encoder; None when that plugin is switched off."""
        return next((detector for detector in self.detectors if _claims(detector, encoder)), None)

    def encoder_type(self, encoder: str) -> EncoderType:
        """Where an encoder of that name works."""
        detector = self.detector(encoder)
        return detector.encoder_type if detector else EncoderType.SOFTWARE

    def is_common(self, encoder: str) -> bool:
        """Whether it is tried before the server says that it is ready."""
        spec = self.specs.get(encoder)
        return spec.common if spec else self.encoder_type(encoder).is_hardware

    def not_built(self, encoder: str, devices: Mapping[str, Sequence[Device]]) -> EncoderReport:
        """The report on an encoder that FFmpeg does not list. ``devices`` by the names of their detectors."""
        spec, detector, reason = self.specs.get(encoder), self.detector(encoder), Reason.ENCODER_NOT_BUILT
        hint = advice(detector, encoder, reason, devices.get(detector.name, ())) if detector and spec else ""
        return EncoderReport(
            name=encoder,
            codec=spec.codec if spec else "",
            kind=spec.kind if spec else "video",
            encoder_type=spec.encoder_type if spec else self.encoder_type(encoder),
            reason=reason.value,
            hint=hint or general_hint(reason),
        )

    def missing(self, build: FfmpegBuild, devices: Mapping[str, Sequence[Device]]) -> tuple[EncoderReport, ...]:
        """Hardware and common encoders that a build lacks, so that a person can see why the GPU is not used."""
        known = [name for name, spec in self.specs.items() if spec.common or spec.encoder_type.is_hardware]
        return tuple(self.not_built(name, devices) for name in known if not build.encoder(name))


def _claims(detector: Detector, encoder: str) -> bool:
    try:
        return detector.claims(encoder)
    except Exception:  # noqa: BLE001 - a broken detector loses its encoders to the next one, not the server
        return False


def _hardware_first(detector: Detector) -> tuple[bool, bool, str]:
    # The software detector takes what is left, so it is asked last.
    return (not detector.encoder_type.is_hardware, detector.name == "software", detector.name)
