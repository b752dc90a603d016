"""Benchmarks: each module with a `main` is one command, `python -m benchmarks.<name>`; see docs/performance.md."""
