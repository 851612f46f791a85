"""``python -m glagcn_training`` and ``torchrun -m glagcn_training``: run glagcn-train."""

from .commands.train_eval import train

if __name__ == "__main__":
    train(prog_name="glagcn-train")
