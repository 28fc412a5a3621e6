"""What the networks that ship learn of the rendered catalogue, and are tested on."""

from models.data import catalogue_set, cutouts, label_maps
from models.data.catalogue_models import TRAIN
from models.data.catalogue_shots import Recipe
from models.data.cutouts import CutOuts
from models.data.image_set import ImageSet, Part
from workers import rendered

OTHER_VIEWS = Recipe(views=2, seed=1)


def as_rendered() -> ImageSet:
    """The catalogue's pictures: what a generator is to draw like."""
    return catalogue_set.read(rendered.folder(), furniture=rendered.furniture())


def with_twins() -> ImageSet:
    """And each of them in another colour: for what must not go by colour."""
    return catalogue_set.read(rendered.folder(), furniture=rendered.furniture(), twins=True)


def tested_on() -> Part:
    """Pictures of models that nothing learnt from or was chosen by."""
    return catalogue_set.read_test(rendered.folder(), furniture=rendered.furniture())


def cut_out() -> CutOuts:
    """The same pictures with their exact alpha, and photographs to put them on."""
    grounds = cutouts.photographed()
    return cutouts.catalogue(rendered.folder(), grounds, furniture=rendered.furniture())


def cut_out_tested_on() -> Part:
    """The same of what nothing learnt from or was chosen by."""
    return cutouts.catalogue_test(rendered.folder(), furniture=rendered.furniture())


def unseen_views() -> Part:
    """Other pictures of the very models that were learnt from."""
    views = catalogue_set.views(
        rendered.folder(), splits=(TRAIN,), furniture=rendered.furniture(), recipe=OTHER_VIEWS
    )
    return Part(views.images, views.labels)


def with_maps() -> ImageSet:
    """The pictures with the label maps that their twins tell."""
    return label_maps.catalogue(rendered.folder(), furniture=rendered.furniture())


def with_maps_tested_on() -> Part:
    """The same of what nothing learnt from or was chosen by."""
    return label_maps.catalogue_test(rendered.folder(), furniture=rendered.furniture())
