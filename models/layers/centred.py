"""A convolution and the batch norm that centres what it gives."""

from torch import Tensor, nn

from models.layers.batch_norm import BatchNorm
from models.layers.initial import he


class Centred(nn.Module):
    """[N, in, H, W] → [N, out, H, W], or half as large where the stride is two."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.norm = BatchNorm(out_channels)
        he(self.conv)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))
