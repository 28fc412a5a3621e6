"""Where an operation meets its function in models/: one `case` each."""

from typing import assert_never

from db.operations.advertising import Ad
from db.operations.augmentation import AugmentPicture
from db.operations.checking import Check
from db.operations.compressing import Compress
from db.operations.explaining import Explain
from db.operations.generation import (
    Interpolate,
    Personalize,
    Reconstruct,
    Sample,
    Translate,
    Vary,
)
from db.operations.moderating import Moderate
from db.operations.pipeline import Pipeline
from db.operations.recognition import Classify, Embed, Search
from db.operations.scoring import Score
from db.operations.showroom import Spin
from db.operations.training import Evaluate, Train
from db.operations.tuning import Tune
from db.operations.union import AnyOperation
from db.operations.verifying import Verify
from models.editing.augment import augment
from models.editing.translate import translate
from models.editing.translate_labels import translate_labels
from models.failures import CannotDo
from models.generation.interpolate import interpolate
from models.generation.personalize import Opinions, personalize
from models.generation.reconstruct import reconstruct
from models.generation.sample import sample
from models.generation.vary import vary
from models.made import Made
from workers.advertising import advertise
from workers.augmenting import augment_of
from workers.categories import label_of
from workers.checking import check
from workers.edit import Given, edit
from workers.explain import explain
from workers.mending import mend
from workers.moderating import moderated
from workers.pipeline import pipeline
from workers.policy import refuse_generated
from workers.recognition import classified, embedded, searched
from workers.spinning import spun


def apply(operation: AnyOperation, given: Given) -> Made:
    """Run an operation on what it was given."""
    match operation:
        case Sample():
            return _sample(operation, given)
        case Reconstruct() | Vary() | Personalize() | Interpolate():
            return _through_vae(operation, given)
        case Translate():
            return _translate(operation, given)
        case AugmentPicture(n=n):
            ranges, alpha = augment_of(operation), given.pictures["picture"].alpha
            return augment(given.image(), ranges, n=n, seed=given.seed, alpha=alpha)
        case Explain():
            return explain(operation, given)
        case Pipeline():
            refuse_generated(operation, given)
            return pipeline(operation, given)
        case Spin():
            return spun(operation, given)
        case Ad():
            return advertise(operation, given)
        case Check(fix=fix):
            return mend(operation, given) if fix else check(operation, given)
        case Classify():
            return classified(operation, given)
        case Embed():
            return embedded(operation, given)
        case Search():
            return searched(operation, given)
        case Moderate():
            return moderated(operation, given)
        case Score():
            return Made(images=(given.image(),), expected=given.image("reference_picture"))
        case Train() | Evaluate() | Compress() | Tune():
            raise AssertionError("what learns or judges runs in a process of its own")
        case Verify():
            raise AssertionError("what is verified are a file's bytes, not its image")
        case _:
            return edit(operation, given)


def _sample(operation: Sample, given: Given) -> Made:
    served = given.networks(operation.network)
    doors = served.doors
    draws = doors["generate"] if "generate" in doors else (doors["prior"], doors["decode"])
    return sample(
        draws,
        n=operation.n,
        label=label_of(served, operation.category),
        categories=len(served.card.categories),
        z_dim=int(served.card.config["z_dim"]),
        truncation=operation.truncation,
        seed=given.seed,
    )


def _translate(operation: Translate, given: Given) -> Made:
    translator = given.networks("translator")
    config = translator.card.config
    label = label_of(translator, operation.category)
    if config.get("source", "edges") == "labels":
        if operation.kind == "photograph":
            raise CannotDo("labels_unknown", "This version draws from label maps, not photographs.")
        return translate_labels(
            given.pictures["picture"],
            label=label,
            categories=len(translator.card.categories),
            network=translator.doors["translate"],
            size=int(config["image_size"]),
        )
    return translate(
        given.pictures["picture"],
        kind=operation.kind,
        label=label,
        categories=len(translator.card.categories),
        network=translator.doors["translate"],
        size=int(config["image_size"]),
        channels=int(config["channels"]),
    )


def _through_vae(operation: Reconstruct | Vary | Personalize | Interpolate, given: Given) -> Made:
    vae = given.networks("vae")
    label, categories = label_of(vae, operation.category), len(vae.card.categories)
    size, channels = int(vae.card.config["image_size"]), int(vae.card.config["channels"])
    encode, decode, prior = (vae.doors[name] for name in ("encode", "decode", "prior"))
    match operation:
        case Reconstruct():
            return reconstruct(
                given.image(),
                label=label,
                categories=categories,
                encode=encode,
                decode=decode,
                size=size,
                channels=channels,
            )
        case Vary(n=n, sigma=sigma):
            return vary(
                given.image(),
                label=label,
                categories=categories,
                n=n,
                sigma=sigma,
                seed=given.seed,
                encode=encode,
                decode=decode,
                prior=prior,
                z_dim=int(vae.card.config["z_dim"]),
                size=size,
                channels=channels,
            )
        case Personalize(n=n, strength=strength):
            return personalize(
                _opinions(operation, given),
                label=label,
                categories=categories,
                n=n,
                strength=strength,
                seed=given.seed,
                encode=encode,
                decode=decode,
                prior=prior,
                z_dim=int(vae.card.config["z_dim"]),
                size=size,
                channels=channels,
            )
        case Interpolate(steps=steps):
            return interpolate(
                given.image("picture_a"),
                given.image("picture_b"),
                label=label,
                categories=categories,
                steps=steps,
                encode=encode,
                decode=decode,
                size=size,
                channels=channels,
            )
        case _:
            assert_never(operation)


def _opinions(operation: Personalize, given: Given) -> Opinions:
    return Opinions(
        [given.image(f"liked.{at}") for at in range(len(operation.liked))],
        [given.image(f"disliked.{at}") for at in range(len(operation.disliked))],
    )
