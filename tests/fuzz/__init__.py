"""Fuzzing of what the network and files may say: ``python -m tests.fuzz``, and a short run in the test suite."""
