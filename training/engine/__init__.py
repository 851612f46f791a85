"""MMEngine's Runner put to work on lifters: data order, model, hooks, checkpoints, processes."""
