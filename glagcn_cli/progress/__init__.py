"""Progress bars, timings and events of the stages of a run."""
