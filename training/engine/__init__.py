"""Trains lifters with MMEngine's Runner: data order, model, hooks, checkpoints, processes."""
