"""How each network that ships learns: what its card tells is told here, and nowhere else.

Networks of Fashion-MNIST do as `RECIPES` has it; what is longer than that had a graphics card.
"""

from dataclasses import replace

from models.data.augmentation import Augment
from models.data.diff_augment import DiffAugment
from models.training.config import RECIPES, TrainConfig

UPSCALER = replace(RECIPES["upscaler"], epochs=240, batch_size=32, measured_every=5)

SHIPPED: dict[str, TrainConfig] = {
    "classifier-catalogue": TrainConfig(
        "classifier",
        epochs=61,
        batch_size=256,
        learning_rate=0.08,
        image_size=64,
        channels=3,
        augment=Augment(flip=True, rotate_deg=15.0, crop=0.08, scale=0.25),
        weight_decay=1e-3,
        dropout=0.3,
    ),
    "classifier-fashion": RECIPES["classifier"],
    "denoise-photo": TrainConfig(
        "denoiser",
        epochs=157,
        batch_size=32,
        learning_rate=1.5e-3,
        image_size=64,
        channels=3,
        ema_images=20_000,
        measured_every=5,
    ),
    "deblock-photo": replace(RECIPES["deblocker"], epochs=24, ema_images=20_000, measured_every=5),
    "deblur-photo": replace(
        RECIPES["deblurrer"],
        epochs=150,
        batch_size=32,
        learning_rate=1.5e-3,
        ema_images=20_000,
        measured_every=5,
    ),
    "gan-catalogue": TrainConfig(
        "gan",
        epochs=61,
        batch_size=128,
        learning_rate=4e-4,
        image_size=64,
        channels=3,
        r1_gamma=0.5,
        ema_images=100_000,
        augment=Augment(flip=True),
        diff_augment=DiffAugment(("color", "translation", "cutout")),
        measured_every=20,
    ),
    "gan-fashion": RECIPES["gan"],
    "inpaint-photo": replace(
        RECIPES["inpainter"], epochs=60, batch_size=32, ema_images=20_000, measured_every=5
    ),
    "matte-catalogue": replace(RECIPES["matte"], epochs=27, batch_size=32, measured_every=2),
    "style-photo": replace(RECIPES["style"], measured_every=5),
    "translator-catalogue": replace(
        RECIPES["translator"], epochs=24, batch_size=32, measured_every=2
    ),
    "translator-labels": replace(RECIPES["translator"], source="labels", epochs=1),
    "warp-garments": replace(RECIPES["warp"], epochs=70, ema_images=6_000, measured_every=5),
    "upscaler-photo-x2": UPSCALER,
    "upscaler-photo-x4": replace(UPSCALER, scale=4),
    "vae-catalogue": TrainConfig(
        "vae",
        epochs=66,
        batch_size=128,
        learning_rate=5e-4,
        image_size=64,
        channels=3,
        ema_images=50_000,
        augment=Augment(flip=True),
        measured_every=5,
    ),
    "vae-fashion": RECIPES["vae"],
}
"""By the name they ship under."""
