from workshop.evaluation.evaluate import detail, luma, psnr, ssim


def test_an_image_measured_against_itself_has_perfect_scores(photograph):
    y = luma(photograph)
    assert 16 <= y.min() and y.max() <= 235
    assert psnr(y, y) > 140 and abs(ssim(y, y) - 1) < 1e-12 and detail(y) > 0
