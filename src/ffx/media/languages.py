"""Languages as files name them: ISO 639 has two codes of three letters for some, and one of two letters for many."""

from __future__ import annotations

from functools import lru_cache

_QUICKTIME = dict(
    pair.split("/")
    for pair in (
        *("fre/fra", "rum/ron", "cze/ces", "slo/slk", "deu/ger", "nld/dut", "ell/gre", "isl/ice", "zho/chi", "sqi/alb"),
        *("mkd/mac", "hye/arm", "kat/geo", "bod/tib", "mya/bur", "msa/may", "cym/wel", "eus/baq"),
    )
)
"""Of two codes for a language, the one that FFmpeg's QuickTime muxer knows, which is now this kind, now that."""


@lru_cache(256)
def canonical(code: str) -> str:
    """One form for all codes of a language; what is no known code stays as it is."""
    from langcodes import standardize_tag  # takes as long to import as all of this package's media

    try:
        return standardize_tag(code).partition("-")[0]
    except ValueError:
        return code.lower()


def same_language(code: str, other: str) -> bool:
    """Whether two codes mean one language: ``fr``, ``fre`` and ``fra`` do. A region makes no difference."""
    return bool(code and other) and canonical(code) == canonical(other)


@lru_cache(256)
def three_letters(code: str) -> str:
    """The code of ISO 639-2/T, which most tools know; what has none stays as it is."""
    from langcodes import Language

    try:
        return Language.get(code).to_alpha3()
    except (ValueError, LookupError):
        return code


def quicktime_code(code: str) -> str:
    """The code that FFmpeg's QuickTime muxer knows."""
    known = three_letters(code) if len(code) != 3 else code
    return _QUICKTIME.get(known, known)
