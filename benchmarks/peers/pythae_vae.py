"""pythae's VAE, run by the Python of its own environment: `… IN OUT STEPS`, both safetensors.

Its convolutional MNIST encoder and decoder with 16 numbers between them and its loss, as its own
benchmark has them; learnt with Adam at 1e-3 in batches of 100. It knows no categories: a Gaussian
over each category's codes stands for them, as our second stage has it.
"""

import sys
import time
from pathlib import Path

import safetensors.torch
import torch
from pythae.models import VAE, VAEConfig
from pythae.models.nn.benchmarks.mnist import Decoder_Conv_AE_MNIST, Encoder_Conv_VAE_MNIST
from torch import Tensor

from models.precision import autocast

CODES = 16
BATCH = 100
RATE = 1e-3
PIECE = 100
JITTER = 1e-4


def main(given: Path, made: Path, steps: int) -> None:
    told = safetensors.torch.load_file(given)
    torch.manual_seed(0)
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=CODES)
    encoder, decoder = Encoder_Conv_VAE_MNIST(config), Decoder_Conv_AE_MNIST(config)
    vae = VAE(config, encoder=encoder, decoder=decoder)
    since = time.monotonic()
    _learn(vae, told["learning"], steps)
    seconds = time.monotonic() - since
    vae.eval()
    with torch.inference_mode():
        codes = _codes(vae, told["sure"])
        samples = _drawn(vae, codes, told["sure_labels"], told["wanted"])
        restored = _pictures(vae, _codes(vae, told["test"]))
    answer = {"samples": samples, "restored": restored, "seconds": torch.tensor(seconds)}
    safetensors.torch.save_file(answer, made)


def _learn(vae: VAE, images: Tensor, steps: int) -> None:
    vae.train()
    optimizer = torch.optim.Adam(vae.parameters(), lr=RATE)
    for step in range(steps):
        rows = torch.randint(len(images), (BATCH,))
        with autocast(images.device, "auto"):
            loss = vae({"data": images[rows] / 255}).loss
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        print(f"{step + 1} of {steps} steps", flush=True)


def _codes(vae: VAE, images: Tensor) -> Tensor:
    found = [vae.encoder(piece / 255).embedding for piece in torch.split(images, PIECE)]
    return torch.cat(found).float()


def _pictures(vae: VAE, codes: Tensor) -> Tensor:
    found = [vae.decoder(piece).reconstruction for piece in torch.split(codes, PIECE)]
    return (torch.cat(found).clamp(0, 1) * 255).round().to(torch.uint8)


def _drawn(vae: VAE, codes: Tensor, labels: Tensor, wanted: Tensor) -> Tensor:
    chosen = torch.empty(len(wanted), CODES)
    for category in sorted(set(wanted.tolist())):
        own, asked = codes[labels == category].double(), wanted == category
        covariance = own.T.cov() + JITTER * torch.eye(CODES, dtype=torch.float64)
        noise = torch.randn(int(asked.sum()), CODES, dtype=torch.float64)
        chosen[asked] = (noise @ torch.linalg.cholesky(covariance).T + own.mean(0)).float()
    return _pictures(vae, chosen)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
