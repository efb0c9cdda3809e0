"""SageMaker, which the emulator lacks: what it stores, what it runs and what it answers (docs/e2e.md)."""
