"""What the exporters' tests share: the clones they need, the engine they run bundles through, and a narrow ResShift."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def one_thread():
    """Unlike in the other tests: nothing here depends on the last bit."""


@pytest.fixture(scope='session')
def engine():
    """remaster itself, built."""
    if shutil.which('node') is None or not (PACKAGE / 'dist' / 'bench' / 'stages.js').exists():
        pytest.skip('remaster is not built here (npm run build), so bundles cannot be run')


def clone_from(variable: str, address: str) -> Path:
    """The clone that an environment variable names; the test is skipped without one."""
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f'no clone of {address} was given in {variable}')
    return Path(folder).absolute()


@pytest.fixture(scope='session')
def resshift_repo() -> Path:
    return clone_from('REMASTER_RESSHIFT_REPO', 'https://github.com/zsyOAOA/ResShift')


def git(folder: Path, *arguments: str):
    subprocess.run(['git', '-C', str(folder), *arguments], check=True, capture_output=True)
