"""Train the network on drawn lessons and write it as ONNX: ``python -m training.train --lessons FOLDER --out FILE``.

The seed fixes the lessons' order and the first weights; other processors or builds of torch round otherwise, so that
a network made elsewhere is as good, not the same to the bit.
"""

from __future__ import annotations

import time
from pathlib import Path

import click
import numpy as np
import torch

from training.cameras import relit
from training.export import export
from training.lessons import Lessons, LessonsMissing, Planes, Reliefs
from training.loss import loss_of
from training.network import ShaftNetwork

SEED = 20261122
STEPS = 9000
BATCH = 8
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-3
LARGEST_STEP = 5.0
"""Of the gradient's norm."""
_WARM_UP_STEPS = 30
_KEPT_EVERY_STEPS = 100


def train(lessons: Lessons, steps: int, start: Path | None, checkpoint: Path) -> ShaftNetwork:
    """Train for so many steps, the learning rate falling to nothing at their end.

    Parameters
    ----------
    lessons : Lessons
    steps : int
        Of ``BATCH`` crops each.
    start : Path or None
        A checkpoint whose weights are gone on from; the crops are other ones then.
    checkpoint : Path
        Where the weights are kept, now and then and at the end.
    """
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED if start is None else SEED + 1)
    network: ShaftNetwork = ShaftNetwork().to(memory_format=torch.channels_last)
    if start is not None:
        network.load_state_dict(torch.load(start))
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    begun, shown = time.monotonic(), 0.0
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, steps)
        loss = learn(network, optimiser, lessons.batch(BATCH, rng), rng)
        shown = loss if step == 0 else 0.98 * shown + 0.02 * loss
        if (step + 1) % _KEPT_EVERY_STEPS == 0:
            click.echo(f"{step + 1:6d} {(time.monotonic() - begun) / 60:6.1f} min loss {shown:.5f}")
            torch.save(network.state_dict(), checkpoint)
    torch.save(network.state_dict(), checkpoint)
    return network


def learning_rate(step: int, steps: int) -> float:
    """Rise over the first steps, then fall along half a cosine (Loshchilov & Hutter 2017, "SGDR")."""
    return float(LEARNING_RATE * min(1.0, (step + 1) / _WARM_UP_STEPS) * 0.5 * (1 + np.cos(np.pi * (step / steps))))


def learn(
    network: ShaftNetwork,
    optimiser: torch.optim.Optimizer,
    batch: tuple[Reliefs, Planes],
    rng: np.random.Generator,
) -> float:
    """Take one step on a batch; give the loss per pixel before it."""
    reliefs = relit(torch.from_numpy(batch[0]), rng)
    planes = torch.from_numpy(batch[1]).float() / 255
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(reliefs.to(memory_format=torch.channels_last))
    loss = loss_of(logits.float(), planes) / planes[:, 0].numel()
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_STEP)
    optimiser.step()
    return float(loss.detach())


@click.command(help=__doc__)
@click.option(
    "--lessons",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="As `python -m training.draw` wrote it.",
)
@click.option("--steps", type=click.IntRange(1), default=STEPS, show_default=True)
@click.option(
    "--start", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A checkpoint to go on from."
)
@click.option(
    "--checkpoint", type=click.Path(path_type=Path, dir_okay=False), default=Path("checkpoint.pt"), show_default=True
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The ONNX file to write.")
def main(*, folder: Path, steps: int, start: Path | None, checkpoint: Path, out: Path) -> None:
    """Train, then write the ONNX file."""
    try:
        lessons = Lessons(folder)
    except LessonsMissing as error:
        raise click.UsageError(str(error)) from error
    network = train(lessons, steps, start, checkpoint)
    recipe = {"seed": SEED, "steps": steps, "batch": BATCH, "learning_rate": LEARNING_RATE, "lessons": len(lessons)}
    export(network, out, **recipe, start="none" if start is None else start.name)


if __name__ == "__main__":
    main()
