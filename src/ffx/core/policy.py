"""What a scheduling policy is: it ranks servers for a job. A pure decision, without I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from attrs import frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.model import CapabilityMatch, JobConfiguration, ServerInfo


@frozen
class Ranking:
    """The answer of a policy."""

    matches: tuple[CapabilityMatch, ...] = ()
    """One a server that was considered, best first; what a job may be submitted to is ``compatible``."""
    alternatives: tuple[str, ...] = ()
    """When nothing fits: sentences such as ``studio can do hevc_qsv instead of hevc_nvenc``, at most 3."""

    @property
    def compatible(self) -> tuple[CapabilityMatch, ...]:
        return tuple(match for match in self.matches if match.compatible)


class SchedulingPolicy(ABC):
    """Ranks servers for a job."""

    name: str

    @abstractmethod
    def rank(self, job: JobConfiguration, servers: Sequence[ServerInfo], specs: Mapping[str, EncoderSpec]) -> Ranking:
        """Rank every online server; where the recipe names only a codec, choose the encoder for each server.

        A server without free slots is ranked too (the job may wait for it) and carries a warning.
        """

    def configured(self, settings: Mapping[str, object]) -> SchedulingPolicy:
        """The same policy with the settings of the configuration's ``[policy]`` table.

        Raises:
            ConfigurationError: a setting that it does not know or that is out of range.
        """
        return self
