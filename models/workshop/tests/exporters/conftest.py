"""What the exporters' tests share: the clones they need, and the engine that bundles run through."""
import os
import shutil
from pathlib import Path

import pytest

from workshop.exporters.check import STAGES


@pytest.fixture(scope='session')
def engine():
    """remaster itself, built; the test is skipped without it."""
    if shutil.which('node') is None or not STAGES.exists():
        pytest.skip('remaster is not built here (npm install, npm run build), so bundles cannot be run')


@pytest.fixture(scope='session')
def clone_from():
    """The clone that an environment variable names; the test is skipped without one."""
    def find(variable: str, address: str) -> Path:
        folder = os.environ.get(variable)
        if not folder:
            pytest.skip(f'no clone of {address} was given in {variable}')
        return Path(folder).absolute()
    return find
