from workshop.data.photos import read_manifest


def test_every_photograph_has_a_licence_and_an_author_and_is_listed_once():
    photos = read_manifest()
    assert len({photo.path for photo in photos}) == len(photos) > 100
    assert all(photo.licence and photo.author for photo in photos)
    assert {photo.split for photo in photos} == {'train', 'validation'}
