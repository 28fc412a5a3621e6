"""Twenty-four megapixels in bounded memory."""

import json
import subprocess
import sys

import pytest

START = """
import json, sys, torch
torch.set_num_threads(1)
{body}
# Not getrusage's: that counts what whoever started this had in memory, too.
with open("/proc/self/status") as status:
    peak_kib = int(next(line for line in status if line.startswith("VmHWM")).split()[1])
json.dump({{"peak_mib": peak_kib / 1024, "shape": list(output.shape)}}, sys.stdout)
"""

NETWORK = """
from models.editing.denoise import denoise
from models.editing.mending import Mender
from models.networks.denoiser import Denoiser
nn = torch.nn
layers = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 3, 3, padding=1))
image = torch.rand(1, 3, 4000, 6000)
with torch.inference_mode():
    mender = Mender(lambda x, s: layers(x), Denoiser.tiling)
    output = denoise(image, sigma=10.0, strength=0.8, mender=mender).images[0]
"""
DEBLOCK = """
from models.editing.deblock import deblock
image = torch.rand(1, 3, 4000, 6000)
output = deblock(image, quality=20, strength=0.8).images[0]
"""
DEBLUR = """
from models.editing.deblur import deblur
image = torch.rand(1, 3, 4000, 6000)
output = deblur(image, radius_px=1.5, noise=None, strength=0.8).images[0]
"""
UPSCALE = """
from models.editing.upscale import upscale
output = upscale(torch.rand(1, 3, 4000, 4000), scale=2).images[0]
"""
UPSCALE_CUT_OUT = """
from models.editing.upscale import upscale
alpha = torch.ones(1, 1, 4000, 4000)
output = upscale(torch.rand(1, 3, 4000, 4000), scale=2, alpha=alpha).images[0]
"""
CUTOUT = """
from models.editing.cutout import cutout
image = torch.ones(1, 3, 4000, 6000)
image[..., 1000:3000, 2000:4000] = 0.3
output = cutout(image, threshold=0.5, feather_px=1, box=None, decontaminate=True).images[0]
"""
CUTOUT_BY_NETWORK = """
from models.editing.cutout import cutout
from models.matting.learned import finder
from models.networks.matte import MatteConfig, MatteNet
network = MatteNet(MatteConfig()).eval()
image = torch.ones(1, 3, 4000, 6000)
image[..., 1000:3000, 2000:4000] = 0.3
def found(view):
    network.matte(view)
    return (view[:, :1] < 0.5).float()
with torch.inference_mode():
    output = cutout(image, threshold=0.5, feather_px=1, box=None, decontaminate=True,
                    find=finder(found)).images[0]
"""
RECOLOR = """
from models.editing.recolor import recolor
image = torch.rand(1, 3, 4000, 6000)
output = recolor(image, to_rgb=(200, 0, 0), from_rgb=None, mask=torch.ones(1, 1, 4000, 6000),
                 keep_luminance=True, strength=1.0).images[0]
"""
APPEARANCE = """
from models.images import Loaded
image = torch.rand(1, 3, 4000, 6000)
mask = torch.zeros(1, 1, 4000, 6000)
mask[..., 1000:3000, 2000:4000] = 1
style = Loaded(torch.rand(1, 3, 400, 400), None)
"""
REFLECTION = f"""
{APPEARANCE}
from models.editing.shadow import shadow
output = shadow(image, kind="reflection", angle_deg=45.0, length=None, blur_px=None, opacity=None,
                mask=mask, alpha=None).images[0]
"""
OUT_OF_FOCUS = f"""
{APPEARANCE}
from models.editing.background import background
from models.plates.plate import out_of_focus
output = background(image, plates=[out_of_focus(None)], mask=mask).images[0]
"""
RELIGHT = f"""
{APPEARANCE}
from models.editing.relight import relight
output = relight(Loaded(image, None), auto=True, exposure_ev=0.5, warmth=9.0, contrast=0.2,
                 target=None).images[0]
"""
MATCH_COLOR = f"""
{APPEARANCE}
from models.editing.match_color import match_color
output = match_color(Loaded(image, None), target=style, strength=1.0, region="ground",
                     target_region="whole", mask=mask).images[0]
"""
STYLIZE = f"""
{APPEARANCE}
from models.editing.stylize import stylize
output = stylize(Loaded(image, None), style=style, strength=1.0, protect_product=True,
                 mask=mask).images[0]
"""
RESTYLE = """
from models.editing.stylize import stylize
from models.images import Loaded
from models.networks.style import StyleAutoencoder
from models.restyling import Restyler
nn = torch.nn
layers = nn.Sequential(nn.Conv2d(3, 48, 3, padding=1), nn.Conv2d(48, 3, 3, padding=1))
with torch.inference_mode():
    by = Restyler(
        lambda x, counts: (torch.zeros(1, 8), torch.ones(1, 8)),
        lambda x, gain, shift: layers(x),
        StyleAutoencoder.tiling,
    )
    output = stylize(
        Loaded(torch.rand(1, 3, 8000, 8000), None), style=Loaded(torch.rand(1, 3, 400, 400), None),
        strength=1.0, protect_product=False, mask=None, restyler=by,
    ).images[0]
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "shape", "limit_mib"),
    [
        (NETWORK, [1, 3, 4000, 6000], 2000),  # tiles of 1,136 pixels at 32 channels
        (DEBLOCK, [1, 3, 4000, 6000], 2000),
        (DEBLUR, [1, 3, 4000, 6000], 2000),
        (UPSCALE, [1, 3, 8000, 8000], 2800),
        (UPSCALE_CUT_OUT, [1, 4, 8000, 8000], 3500),
        (CUTOUT, [1, 4, 4000, 6000], 3500),
        (CUTOUT_BY_NETWORK, [1, 4, 4000, 6000], 3500),
        (RECOLOR, [1, 3, 4000, 6000], 2600),
        (REFLECTION, [1, 3, 4000, 6000], 2600),
        (OUT_OF_FOCUS, [1, 3, 4000, 6000], 2600),
        (RELIGHT, [1, 3, 4000, 6000], 1800),
        (MATCH_COLOR, [1, 3, 4000, 6000], 2400),
        (STYLIZE, [1, 3, 4000, 6000], 2400),
        (RESTYLE, [1, 3, 8000, 8000], 4200),
    ],
    ids=[
        *("denoise", "deblock", "deblur", "upscale", "upscale cut out", "cutout"),
        *("cutout by network", "recolor"),
        *("reflection", "out of focus", "relight", "match_color", "stylize", "adain"),
    ],
)
def test_a_large_picture_needs_bounded_memory(body, shape, limit_mib):
    done = subprocess.run(
        [sys.executable, "-c", START.format(body=body)], capture_output=True, text=True, check=True
    )

    told = json.loads(done.stdout)
    assert told["shape"] == shape
    assert told["peak_mib"] < limit_mib
