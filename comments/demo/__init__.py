"""Invented opinions for demonstrations, benchmarks and tests, every one plainly marked （演示）."""
