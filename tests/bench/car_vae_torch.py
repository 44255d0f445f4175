"""The paper's variational autoencoder in PyTorch, and how it is trained; nothing here is needed to drive.

Layers, loss and the free part of the divergence are those of World Models (D. Ha and J. Schmidhuber, 2018), whose
encoder Gaier and Ha used with 16 latents. Batches, rates and epochs are smaller: the whole takes minutes, not hours.
"""

import time
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

LATENTS, FREE = 16, 0.5  # nats of divergence a latent that cost nothing
BATCH, RATE, LAST_RATE = 50, 1e-3, 1e-5
Frames = NDArray[np.uint8]


class Size(NamedTuple):
    """How large a network is, and how long it is trained.

    Attributes:
        channels: of the four convolutions.
        epochs: how often each frame is seen.
    """

    channels: tuple[int, int, int, int]
    epochs: int


class Vae(nn.Module):  # type: ignore[misc]  # of an Any where PyTorch is not installed
    """Four convolutions, a mean and a logarithm of the variance for each latent, and four transposed convolutions."""

    def __init__(self, channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        a, b, c, d = channels
        pairs = ((3, a), (a, b), (b, c), (c, d))
        self.convolutions = nn.ModuleList([nn.Conv2d(i, o, 4, stride=2) for i, o in pairs])
        self.mean, self.spread = nn.Linear(4 * d, LATENTS), nn.Linear(4 * d, LATENTS)
        self.grown = nn.Linear(LATENTS, 4 * d)
        shapes = ((4 * d, c, 5), (c, b, 5), (b, a, 6), (a, 3, 6))
        self.transposed = nn.ModuleList([nn.ConvTranspose2d(i, o, size, stride=2) for i, o, size in shapes])

    def encoded(self, x: Any) -> tuple[Any, Any]:
        """Returns means and logarithms of variances, each [frames, LATENTS]."""
        for layer in self.convolutions:
            x = torch.relu(layer(x))
        x = x.flatten(1)
        return self.mean(x), self.spread(x)

    def decoded(self, z: Any) -> Any:
        """Returns pictures, [frames, 3, 64, 64] from 0 to 1."""
        x = self.grown(z)[:, :, None, None]
        for layer in self.transposed[:-1]:
            x = torch.relu(layer(x))
        return torch.sigmoid(self.transposed[-1](x))

    def losses(self, x: Any, noise: Any) -> tuple[Any, Any]:
        """Returns the squared error and the divergence of a batch, each the mean over its frames."""
        mean, spread = self.encoded(x)
        shown = self.decoded(mean + torch.exp(spread / 2) * noise)
        divergence = -0.5 * (1 + spread - mean**2 - torch.exp(spread)).sum(dim=1)
        return ((shown - x) ** 2).sum(dim=(1, 2, 3)).mean(), divergence.mean()


def batch_of(frames: Frames) -> Any:
    """Returns frames [n, 64, 64, 3] as what the network takes."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255.0


def trained(size: Size, frames: Frames, others: Frames, seed: int) -> tuple[Vae, list[dict[str, float]]]:
    """Returns a network and its curve: after each epoch, the losses on frames of other tracks.

    One thread and PyTorch's deterministic algorithms: the same machine and version give the same weights.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    network, rng = Vae(size.channels), np.random.default_rng(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    steps = size.epochs * (len(frames) // BATCH)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, LAST_RATE)
    curve, begun = [], time.process_time()
    for epoch in range(size.epochs):
        order = rng.permutation(len(frames))[: len(frames) // BATCH * BATCH]
        for part in order.reshape(-1, BATCH):
            error, divergence = network.losses(batch_of(frames[np.sort(part)]), torch.randn(BATCH, LATENTS))
            optimizer.zero_grad()
            (error + divergence.clamp(min=FREE * LATENTS)).backward()
            optimizer.step()
            rates.step()
        seconds = round(time.process_time() - begun, 1)
        curve.append({"epoch": epoch + 1, "cpu_seconds": seconds, **tested(network, others)})
        print(size.channels, curve[-1], flush=True)
    return network, curve


def means(network: Vae, frames: Frames) -> NDArray[np.float32]:
    """Returns the means of the latents, [frames, LATENTS]."""
    with torch.no_grad():
        found: NDArray[np.float32] = network.encoded(batch_of(frames))[0].numpy()
    return found


def tested(network: Vae, frames: Frames) -> dict[str, float]:
    """Returns the losses on frames, without noise, and the share of the pixels' variance that is given back."""
    x = batch_of(frames)
    with torch.no_grad():
        error, divergence = network.losses(x, torch.zeros(len(frames), LATENTS))
    variance = ((x - x.mean(dim=0)) ** 2).sum(dim=(1, 2, 3)).mean()
    return {
        "error": round(float(error), 2),
        "divergence": round(float(divergence), 2),
        "explained": round(1 - float(error / variance), 4),
    }


def shown(network: Vae, frames: Frames) -> Frames:
    """Returns what the decoder makes of the frames' means, uint8 [n, 64, 64, 3]."""
    with torch.no_grad():
        pictures = network.decoded(torch.from_numpy(means(network, frames))).permute(0, 2, 3, 1)
    return np.asarray(np.rint(pictures.numpy() * 255).astype(np.uint8))


def weights_of(network: Vae) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Returns weights and biases of the encoder's layers, the last one that of the means."""
    layers = [*network.convolutions, network.mean]
    return [
        (layer.weight.detach().numpy().astype(float), layer.bias.detach().numpy().astype(float)) for layer in layers
    ]
