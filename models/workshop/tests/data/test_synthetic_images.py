from pathlib import Path

import matplotlib
import numpy as np
import pytest

from workshop.data.make_pairs import find_fonts
from workshop.data.synthetic_images import KINDS, draw_image


@pytest.mark.parametrize('kind', sorted(set(KINDS), key=lambda kind: kind.__name__))
def test_every_kind_of_image_has_content_and_is_reproducible(kind):
    fonts = find_fonts(Path(matplotlib.get_data_path()))
    first, second = (draw_image(kind, np.random.default_rng(3), fonts) for _ in range(2))
    assert first.shape == (960, 1280, 3) and np.array_equal(first, second) and first.std() > 8
