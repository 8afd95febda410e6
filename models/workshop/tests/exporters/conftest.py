"""Fixtures of the exporters' tests: the official clones, and the engine that runs bundles."""
import os
import shutil
from pathlib import Path

import pytest

from workshop.exporters.check import STAGES


@pytest.fixture(scope='session')
def engine():
    """Skips the test if remaster is not built."""
    if shutil.which('node') is None or not STAGES.exists():
        pytest.skip('remaster is not built (npm install, npm run build)')


@pytest.fixture(scope='session')
def clone_from():
    """clone_from(variable, address) is the clone that an environment variable names; skips the test without one."""
    def find(variable: str, address: str) -> Path:
        folder = os.environ.get(variable)
        if not folder:
            pytest.skip(f'{variable} does not name a clone of {address}')
        return Path(folder).absolute()
    return find
