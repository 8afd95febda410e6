import torch
import torch.nn.functional as F

from workshop.training.detail_loss import added_loss, detail_loss, kept_details


def image(seed=1, side=128):
    """Smooth and fine structures, strong enough that no coefficient is below the floor."""
    rough = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 0.2
    return rough + F.interpolate(rough[..., ::8, ::8], scale_factor=8, mode='bicubic')


def test_only_what_is_missing_is_charged():
    assert detail_loss(image(), image()) < 1e-6
    assert detail_loss(1.5 * image(), image()) < 1e-6, 'more contrast'
    assert abs(detail_loss(0.5 * image(), image()) - 0.5) < 0.01, 'half of the contrast'
    assert detail_loss(-image(), image()) > 0.9, 'the contrary'


def test_brightness_is_no_detail():
    assert detail_loss(image() + 0.2, image()) < 1e-4


def test_a_blur_costs_the_finest_scale_most():
    kept = kept_details(F.avg_pool2d(image(), 5, 1, 2), image())
    assert len(kept) == 4 and kept[0] < 0.3 and kept[0] < kept[1] < kept[2] < kept[3]


def test_only_what_is_added_is_charged():
    assert added_loss(image(), image()) == 0
    assert added_loss(0.5 * image(), image()) == 0, 'less contrast'
    assert added_loss(1.5 * image(), image()) > 0.01, 'more contrast'


def test_noise_costs_on_what_is_smooth_and_other_texture_hardly_on_texture():
    smooth = torch.zeros(2, 3, 128, 128)
    noise = 0.2 * torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(2))
    assert added_loss(image(seed=2), image(seed=1)) < 0.4 * added_loss(noise, smooth)


def test_they_have_a_finite_gradient_also_where_nothing_is_left():
    for loss, start in ((detail_loss, 0), (detail_loss, 0.5), (added_loss, 0), (added_loss, 1.5)):
        x = (start * image()[:1, :, :64, :64]).requires_grad_()
        loss(x, image()[:1, :, :64, :64]).backward()
        assert torch.isfinite(x.grad).all()
        assert start == 0 or x.grad.abs().sum() > 0
