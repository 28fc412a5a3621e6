"""The workshop: takes a job off the queue, runs it, stores the result."""
