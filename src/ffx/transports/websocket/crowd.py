"""How many come at a time, in all and with one token: nobody keeps the others out by coming often."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

RETRY_AFTER = 10
"""Seconds after which whoever found no place may come again."""


class Crowd:
    """Places for one kind of thing, such as conversations."""

    def __init__(self, what: str, *, most: int, most_of_one: int) -> None:
        self._what = what
        self._most = most
        self._most_of_one = most_of_one
        self._here: Counter[str] = Counter()

    def refusal(self, token: str) -> str:
        """Why there is no place for one more with this token, in one line; empty when there is."""
        again = f"try again in {RETRY_AFTER} s"
        if self._here[token] >= self._most_of_one:
            return f"{self._most_of_one} {self._what} with one token are all that this server takes; {again}"
        if self._here.total() >= self._most:
            return f"this server has {self._most} {self._what}, all that it takes; {again}"
        return ""

    @contextlib.contextmanager
    def place(self, token: str) -> Iterator[None]:
        """Take a place for as long as the block lasts."""
        self._here[token] += 1
        try:
            yield
        finally:
            self._here[token] -= 1
            if not self._here[token]:
                del self._here[token]
