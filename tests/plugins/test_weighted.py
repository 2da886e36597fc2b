"""The weighted policy: every number of it, and what must hold for any servers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.errors import ConfigurationError
from ffx.core.model import (
    RESOLUTIONS,
    EncoderReport,
    EncoderType,
    JobConfiguration,
    ServerCapabilities,
    ServerInfo,
    ServerStatus,
)
from ffx.core.pluginhost import PluginHost
from ffx.core.recipe import QualityMode, Recipe
from ffx.plugins.weighted import WeightedPolicy, Weights, ffx_register_policies

SCALE = QualityScale(("-crf", "{value}"), best=0, worst=51, default=23)
SPECS = {
    spec.name: spec
    for spec in (
        EncoderSpec("libx264", "h264", preference=0.7, quality=SCALE, two_pass=True),
        EncoderSpec("libx265", "hevc", preference=0.6, quality=SCALE, two_pass=True),
        EncoderSpec(
            "hevc_nvenc",
            "hevc",
            encoder_type=EncoderType.HARDWARE_NVIDIA,
            preference=1.0,
            quality=SCALE,
            alternatives=("libx265", "hevc_qsv", "hevc_videotoolbox"),
        ),
        EncoderSpec("hevc_qsv", "hevc", encoder_type=EncoderType.HARDWARE_INTEL, preference=0.9, quality=SCALE),
        EncoderSpec("aac", "aac", kind="audio"),
        EncoderSpec("libfdk_aac", "aac", kind="audio", alternatives=("aac",)),
    )
}
CODECS = {
    "libx264": "h264",
    "libx265": "hevc",
    "hevc_nvenc": "hevc",
    "hevc_qsv": "hevc",
    "libfdk_aac": "aac",
    "aac": "aac",
}


def _of_the_built_in_plugins() -> Mapping[str, EncoderSpec]:
    host = PluginHost()
    host.load_entry_points()
    return host.encoders()


BUILT_IN = _of_the_built_in_plugins()


def report(name: str, *, works: bool = True, **more: Any) -> EncoderReport:
    spec = SPECS.get(name)
    made = EncoderReport(
        name,
        CODECS.get(name, "hevc"),
        kind=spec.kind if spec else "video",
        encoder_type=spec.encoder_type if spec else EncoderType.SOFTWARE,
        works=works,
    )
    return evolve(made, **more)


def server(
    name: str,
    *encoders: EncoderReport | str,
    performance: float = 500,
    cpu: float = 0.0,
    jobs: tuple[int, int] = (0, 2),
    status: ServerStatus = ServerStatus.ONLINE,
    largest: str = "",
    file_gb: float = 10,
) -> ServerInfo:
    return ServerInfo(
        server_id=f"id-{name}",
        name=name,
        status=status,
        current_jobs=jobs[0],
        max_jobs=jobs[1],
        capabilities=ServerCapabilities(
            encoders=tuple(e if isinstance(e, EncoderReport) else report(e) for e in encoders),
            supported_formats=("mp4", "matroska"),
            estimated_performance=performance,
            current_load=cpu,
            max_resolution=largest,
            max_file_size_gb=file_gb,
        ),
    )


def job(encoder: str = "", codec: str = "", *needs: str, **more: Any) -> JobConfiguration:
    made = JobConfiguration(
        "job", "in.mkv", "out.mp4", Recipe(encoder=encoder, codec=codec), required_capabilities=needs
    )
    return evolve(made, **more)


# -- The numbers --------------------------------------------------------------------------------------------


def test_the_score_is_the_formula_of_a_software_encoder() -> None:
    (match,) = WeightedPolicy().rank(job("libx265"), [server("studio", "libx265", cpu=0.5, jobs=(1, 2))], SPECS).matches
    assert match.compatibility_score == 1
    assert match.performance_estimate == pytest.approx(0.5 * 0.6)
    assert match.load_score == pytest.approx(1 - (0.7 * 0.5 + 0.3 * 0.5))
    assert match.total_score == pytest.approx(0.5 + 0.3 * 0.3 + 0.2 * 0.5)
    assert not match.recommended
    assert match.encoder == "libx265"
    assert match.warnings == ()


def test_hardware_counts_for_more_and_is_recommended() -> None:
    (match,) = WeightedPolicy().rank(job("hevc_qsv"), [server("nuc", "hevc_qsv")], SPECS).matches
    assert match.performance_estimate == pytest.approx(0.5 * 0.9 * 1.3)
    assert match.total_score == pytest.approx(0.5 + 0.3 * 0.585 + 0.2)
    assert match.recommended


def test_performance_never_exceeds_one() -> None:
    (match,) = WeightedPolicy().rank(job("hevc_nvenc"), [server("gpu", "hevc_nvenc", performance=5000)], SPECS).matches
    assert match.performance_estimate == 1
    assert match.total_score == pytest.approx(1)


def test_an_encoder_that_no_plugin_describes_has_the_preference_of_others() -> None:
    (match,) = (
        WeightedPolicy().rank(job("h264_new"), [server("a", report("h264_new"), performance=1000)], SPECS).matches
    )
    assert match.performance_estimate == pytest.approx(0.5)


def test_recommended_begins_above_its_limit() -> None:
    policy = WeightedPolicy(weights=Weights(0, 0, 1))
    full_cpu = server("a", "libx264", cpu=1.0)
    assert policy.rank(job("libx264"), [full_cpu], SPECS).matches[0].total_score == pytest.approx(0.7)
    assert not policy.rank(job("libx264"), [full_cpu], SPECS).matches[0].recommended
    calmer = server("a", "libx264", cpu=0.99)
    assert policy.rank(job("libx264"), [calmer], SPECS).matches[0].recommended


@pytest.mark.parametrize(
    ("jobs", "cpu", "load"),
    [((0, 0), 0.0, 0.0), ((2, 2), 1.0, 0.0), ((4, 2), 0.5, 0.0), ((0, 2), 0, 1.0), ((-4, 2), -1, 1.0)],
)
def test_load_at_its_ends(jobs: tuple[int, int], cpu: float, load: float) -> None:
    (match,) = WeightedPolicy().rank(job("libx264"), [server("a", "libx264", cpu=cpu, jobs=jobs)], SPECS).matches
    assert match.load_score == pytest.approx(load)


# -- Who is ranked ------------------------------------------------------------------------------------------


def test_servers_that_take_nothing_are_not_ranked() -> None:
    servers = [server(status.value, "libx264", status=status) for status in ServerStatus]
    ranked = {match.server_id for match in WeightedPolicy().rank(job("libx264"), servers, SPECS).matches}
    assert ranked == {"id-online", "id-busy"}


def test_all_compatible_servers_are_ranked_not_only_three() -> None:
    servers = [server(f"s{n}", "libx264", performance=100 * n) for n in range(6)]
    ranking = WeightedPolicy().rank(job("libx264"), servers, SPECS)
    assert [match.server_id for match in ranking.compatible] == [f"id-s{n}" for n in (5, 4, 3, 2, 1, 0)]


def test_a_server_that_lacks_something_comes_after_every_server_that_has_all() -> None:
    busy = server("busy", "libx265", "aac", performance=0, cpu=1, jobs=(2, 2))
    fast = server("fast", "libx265", performance=1000)
    wanted = job("libx265", "", "aac", "mp4")
    ranking = WeightedPolicy().rank(wanted, [fast, busy], SPECS)
    assert [match.server_id for match in ranking.matches] == ["id-busy", "id-fast"]
    assert ranking.matches[1].missing_capabilities == ("aac",)
    assert ranking.matches[1].compatibility_score == pytest.approx(2 / 3)
    assert ranking.compatible == ranking.matches[:1]


def test_an_encoder_that_failed_its_trial_is_missing() -> None:
    failed = report("hevc_nvenc", works=False, reason="driver_too_old", hint="install driver 570 or newer")
    (match,) = WeightedPolicy().rank(job("hevc_nvenc"), [server("old", failed)], SPECS).matches
    assert match.missing_capabilities == ("hevc_nvenc",)
    assert match.performance_estimate == pytest.approx(0.5), "hardware that does not work earns nothing"
    assert match.warnings == ("hevc_nvenc does not work here: driver_too_old (install driver 570 or newer)",)


@pytest.mark.parametrize("wanted", [job("copy"), job(), job("copy", "", "mp4")])
def test_a_job_without_a_video_encoder_needs_none(wanted: JobConfiguration) -> None:
    ranking = WeightedPolicy().rank(wanted, [server("bare")], SPECS)
    assert ranking.compatible[0].compatibility_score == 1


def test_an_audio_job_needs_its_audio_encoder() -> None:
    ranking = WeightedPolicy().rank(job("", "", "aac"), [server("a", "libx264"), server("b", "aac")], SPECS)
    assert [match.server_id for match in ranking.compatible] == ["id-b"]


# -- A codec instead of an encoder --------------------------------------------------------------------------


def test_each_server_uses_its_best_encoder_of_a_codec() -> None:
    servers = [
        server("cpu", "libx264", "libx265"),
        server("both", "libx265", "hevc_qsv", "hevc_nvenc"),
        server("broken", report("hevc_nvenc", works=False), "libx265"),
        server("none", "libx264"),
    ]
    ranking = WeightedPolicy().rank(job("", "hevc"), servers, SPECS)
    chosen = {match.server_id: match.encoder for match in ranking.matches}
    assert chosen == {"id-cpu": "libx265", "id-both": "hevc_nvenc", "id-broken": "libx265", "id-none": ""}
    lacking = ranking.matches[-1]
    assert lacking.missing_capabilities == ("hevc",)
    assert lacking.warnings == ("hevc is not supported here",)


def test_preferences_choose_between_two_of_one_kind() -> None:
    policy = WeightedPolicy().configured({"preferences": {"hevc_qsv": 0.99, "hevc_nvenc": 0.1}})
    (match,) = policy.rank(job("", "hevc"), [server("both", "hevc_qsv", "hevc_nvenc", "libx265")], SPECS).matches
    assert match.encoder == "hevc_qsv"


def test_an_encoder_that_cannot_follow_the_recipe_stands_back() -> None:
    two_pass = job(recipe=Recipe(codec="hevc", two_pass=True, quality_mode=QualityMode.BITRATE, quality_value=1e6))
    (match,) = WeightedPolicy().rank(two_pass, [server("both", "hevc_nvenc", "libx265")], SPECS).matches
    assert match.encoder == "libx265"


def test_an_encoder_that_is_too_small_for_the_picture_stands_back() -> None:
    small = report("hevc_nvenc", max_resolution="1080p")
    wanted = job("", "hevc", resolution="3840x2160")
    (match,) = WeightedPolicy().rank(wanted, [server("both", small, "libx265")], SPECS).matches
    assert match.encoder == "libx265"


# -- Warnings -----------------------------------------------------------------------------------------------


def test_every_warning() -> None:
    loaded = server("a", "libx264", cpu=0.95, jobs=(2, 2), largest="4K", file_gb=1)
    wanted = job("libx264", resolution="7680x4320", file_size=1_500_000_000)
    (match,) = WeightedPolicy().rank(wanted, [loaded], SPECS).matches
    assert match.warnings == (
        "server full: 2 of 2 jobs",
        "CPU load is high: 95%",
        "file too large: 1.50 GB, at most 1 GB are taken",
        "resolution too high: 7680x4320, the largest seen to work is 4K",
    )
    assert match.compatible


@pytest.mark.parametrize("resolution", ["1920x1080", "1080x1920", "640x360", "", "weird"])
def test_a_picture_within_the_limit_warns_of_nothing(resolution: str) -> None:
    (match,) = (
        WeightedPolicy()
        .rank(job("libx264", resolution=resolution), [server("a", "libx264", largest="1080p")], SPECS)
        .matches
    )
    assert match.warnings == ()


def test_a_server_that_takes_the_file_comes_first() -> None:
    servers = [server("small", "libx264", performance=1000, file_gb=1), server("large", "libx264", performance=0)]
    ranking = WeightedPolicy().rank(job("libx264", file_size=2_000_000_000), servers, SPECS)
    assert [match.server_id for match in ranking.matches] == ["id-large", "id-small"]


# -- Alternatives -------------------------------------------------------------------------------------------


def test_alternatives_name_server_and_both_encoders() -> None:
    ranking = WeightedPolicy().rank(job("hevc_nvenc"), [server("studio", "hevc_qsv")], SPECS)
    assert ranking.alternatives == ("studio can do hevc_qsv instead of hevc_nvenc",)


def test_alternatives_are_the_nearest_three() -> None:
    servers = [
        server("b", "libx265", "hevc_qsv", "hevc_own"),
        server("a", "libx265", performance=900),
        server("c", "libx264"),
    ]
    ranking = WeightedPolicy().rank(job("hevc_nvenc"), servers, SPECS)
    assert ranking.alternatives == (
        "a can do libx265 instead of hevc_nvenc",
        "b can do libx265 instead of hevc_nvenc",
        "b can do hevc_qsv instead of hevc_nvenc",
    )


def test_the_same_codec_serves_where_no_alternative_is_named() -> None:
    ranking = WeightedPolicy().rank(job("libx265"), [server("studio", "hevc_own", "libx264")], SPECS)
    assert ranking.alternatives == ("studio can do hevc_own instead of libx265",)


def test_an_alternative_replaces_all_that_is_missing_or_is_none() -> None:
    servers = [server("full", "hevc_qsv", "aac"), server("half", "hevc_qsv")]
    ranking = WeightedPolicy().rank(job("hevc_nvenc", "", "libfdk_aac"), servers, SPECS)
    assert ranking.alternatives == ("full can do hevc_qsv instead of hevc_nvenc and aac instead of libfdk_aac",)


def test_there_are_no_alternatives_while_somebody_can_do_it() -> None:
    servers = [server("gpu", "hevc_nvenc"), server("cpu", "libx265")]
    assert WeightedPolicy().rank(job("hevc_nvenc"), servers, SPECS).alternatives == ()


# -- Settings -----------------------------------------------------------------------------------------------


def test_weights_that_do_not_add_up_to_one_keep_the_score_below_one() -> None:
    policy = WeightedPolicy().configured({"weights": {"load": 5}})
    (match,) = policy.rank(job("libx264"), [server("a", "libx264", performance=0)], SPECS).matches
    assert match.total_score == pytest.approx((0.5 + 5) / 5.8)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"weights": {"compatability": 1}}, "unknown weight; did you mean 'compatibility'?"),
        ({"weights": {"load": -1}}, "policy.weights.load"),
        ({"weights": {"load": math.nan}}, "policy.weights.load"),
        ({"weights": {"load": "much"}}, "policy.weights.load"),
        ({"weights": 3}, "policy.weights"),
        ({"weights": {"load": 0, "performance": 0, "compatibility": 0}}, "at least one"),
        ({"preferences": {"libx264": 2}}, "policy.preferences.libx264"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        WeightedPolicy().configured(settings)
    assert words in str(caught.value)


def test_the_plugin_registers_it_by_its_name() -> None:
    assert [policy.name for policy in ffx_register_policies()] == ["weighted"]


# -- Whatever the servers are -------------------------------------------------------------------------------

names = st.sampled_from([*CODECS, "unheard_of"])
shares = st.floats(0, 1)
servers_of_all_kinds = st.lists(
    st.builds(
        lambda n, encoders, performance, cpu, current, most, status: server(
            f"s{n}", *encoders, performance=performance, cpu=cpu, jobs=(current, most), status=status
        ),
        st.integers(0, 9),
        st.lists(st.builds(lambda n, works: report(n, works=works), names, st.booleans()), unique_by=lambda r: r.name),
        st.floats(0, 2000),
        shares,
        st.integers(0, 5),
        st.integers(0, 4),
        st.sampled_from(ServerStatus),
    ),
    max_size=6,
    unique_by=lambda s: s.server_id,
)
jobs_of_all_kinds = st.builds(
    lambda encoder, codec, needs, size, resolution: job(
        encoder, "" if encoder else codec, *needs, file_size=size, resolution=resolution
    ),
    st.one_of(st.just(""), st.just("copy"), names),
    st.sampled_from(["", "hevc", "h264", "vp9"]),
    st.lists(st.sampled_from(["aac", "libfdk_aac", "mp4", "webm"]), unique=True),
    st.integers(0, 20_000_000_000),
    st.sampled_from(["", *(f"{w}x{h}" for w, h in RESOLUTIONS.values())]),
)


@given(jobs_of_all_kinds, servers_of_all_kinds)
def test_what_holds_for_any_job_and_any_servers(wanted: JobConfiguration, servers: list[ServerInfo]) -> None:
    by_id = {s.server_id: s for s in servers}
    ranking = WeightedPolicy().rank(wanted, servers, SPECS)
    assert {m.server_id for m in ranking.matches} == {
        s.server_id for s in servers if s.status in (ServerStatus.ONLINE, ServerStatus.BUSY)
    }
    assert [m.compatible for m in ranking.matches] == sorted((m.compatible for m in ranking.matches), reverse=True)
    for match in ranking.matches:
        for score in (match.compatibility_score, match.performance_estimate, match.load_score, match.total_score):
            assert 0 <= score <= 1
        assert match.recommended == (match.compatible and match.total_score > 0.7)
        capabilities = by_id[match.server_id].capabilities
        if match.compatible:
            needed = (*((match.encoder,) if match.encoder not in ("", "copy") else ()), *wanted.required_capabilities)
            assert all(capabilities.supports(need) for need in needed), "never a server that was not seen to do it"
            if wanted.recipe.codec:
                chosen = capabilities.encoder(match.encoder)
                assert chosen is not None
                assert chosen.codec == wanted.recipe.codec
    assert len(ranking.alternatives) <= 3
    assert not (ranking.compatible and ranking.alternatives)


@given(jobs_of_all_kinds, servers_of_all_kinds, st.randoms())
def test_the_order_of_the_servers_changes_nothing(
    wanted: JobConfiguration, servers: list[ServerInfo], random: Random
) -> None:
    shuffled = list(servers)
    random.shuffle(shuffled)
    assert WeightedPolicy().rank(wanted, shuffled, SPECS) == WeightedPolicy().rank(wanted, servers, SPECS)


# -- What the built-in plugins say ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoder", "preference"),
    [
        ("h264_nvenc", 1.0),
        ("hevc_nvenc", 1.0),
        ("h264_videotoolbox", 0.95),
        ("hevc_videotoolbox", 0.95),
        ("h264_qsv", 0.9),
        ("hevc_qsv", 0.9),
        ("h264_amf", 0.85),
        ("hevc_amf", 0.85),
        ("libx264", 0.7),
        ("libx265", 0.6),
        ("libvpx", 0.5),
        ("libvpx-vp9", 0.45),
    ],
)
def test_the_preference_of_a_known_encoder(encoder: str, preference: float) -> None:
    spec = BUILT_IN[encoder]
    working = evolve(report(encoder), codec=spec.codec, encoder_type=spec.encoder_type)
    (match,) = WeightedPolicy().rank(job(encoder), [server("a", working, performance=100)], BUILT_IN).matches
    assert match.performance_estimate == pytest.approx(0.1 * preference * (1.3 if spec.encoder_type.is_hardware else 1))


@pytest.mark.parametrize(
    ("wanted", "alternatives"),
    [
        ("h264_nvenc", ("libx264", "h264_qsv", "h264_videotoolbox")),
        ("hevc_nvenc", ("libx265", "hevc_qsv", "hevc_videotoolbox")),
        ("h264_videotoolbox", ("libx264", "h264_nvenc", "h264_qsv")),
        ("libx264", ("h264_nvenc", "h264_qsv", "h264_videotoolbox")),
        ("libx265", ("hevc_nvenc", "hevc_qsv")),
    ],
)
def test_the_alternatives_of_a_known_encoder(wanted: str, alternatives: tuple[str, ...]) -> None:
    others = [evolve(report(name), codec=spec.codec) for name, spec in BUILT_IN.items() if name != wanted]
    ranking = WeightedPolicy().rank(job(wanted), [server("studio", *others)], BUILT_IN)
    first = [f"studio can do {name} instead of {wanted}" for name in alternatives]
    assert list(ranking.alternatives)[: len(first)] == first
