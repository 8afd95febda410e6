from workshop.data import manifest


def test_every_photograph_has_a_licence_and_appears_once():
    photos = manifest()
    assert len({photo.path for photo in photos}) == len(photos) > 100
    assert all(photo.licence and photo.author for photo in photos)
    assert {photo.use for photo in photos} == {'train', 'held'}
