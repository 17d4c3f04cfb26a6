"""Low-rank updates of frozen linear layers (LoRA: Hu et al., ICLR 2022)."""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class LoraError(ValueError):
    """No linear layer of the encoder bears a name that the recipe targets."""


class LoraLinear(nn.Module):
    """A frozen linear layer plus ``up @ down`` of rank ``r``, scaled; zero at first."""

    def __init__(self, base: nn.Linear, r: int, alpha: float) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.empty(r, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, r))
        self.scale = alpha / r
        nn.init.kaiming_uniform_(self.down, a=5**0.5)

    def forward(self, states: Tensor) -> Tensor:
        """Apply the layer; [..., in] -> [..., out]."""
        update = nn.functional.linear(nn.functional.linear(states, self.down), self.up)
        return self.base(states) + self.scale * update

    def merged(self) -> nn.Linear:
        """Give a plain layer that does the same."""
        with torch.no_grad():
            self.base.weight += self.scale * (self.up @ self.down)
        return self.base


def add_lora(encoder: nn.Module, r: int, alpha: float, targets: Sequence[str]) -> None:
    """Freeze an encoder but for updates of the linear layers named ``targets``, in place."""
    for parameter in encoder.parameters():
        parameter.requires_grad = False
    layers = _layers(encoder, nn.Linear)
    chosen = [(owner, name, layer) for owner, name, layer in layers if name in targets]
    if not chosen:
        names = sorted({name for _, name, _ in layers})
        raise LoraError(f"lora.targets: the encoder has only {', '.join(names)}")
    for owner, name, layer in chosen:
        setattr(owner, name, LoraLinear(layer, r, alpha))


def merge_lora(encoder: nn.Module) -> None:
    """Turn updated layers into plain ones, in place."""
    for owner, name, layer in _layers(encoder, LoraLinear):
        setattr(owner, name, layer.merged())


def _layers(encoder: nn.Module, kind: type[nn.Module]) -> list[tuple[nn.Module, str, nn.Module]]:
    return [
        (owner, name, child)
        for owner in encoder.modules()
        for name, child in owner.named_children()
        if isinstance(child, kind)
    ]
