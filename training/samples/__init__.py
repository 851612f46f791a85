"""Makes batches of training samples on the device."""
