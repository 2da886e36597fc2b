"""What the tests of transports share: a certificate, which takes long enough to be made once."""

from __future__ import annotations

import pytest

from tests.certificates import Proof, write_proof


@pytest.fixture(scope="session")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    return write_proof(tmp_path_factory.mktemp("certificate"))
