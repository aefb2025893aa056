"""The workers: doorways from the queue to the use cases, and the process in which pictures are converted."""
