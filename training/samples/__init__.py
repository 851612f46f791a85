"""Make batches of training samples on the device."""
