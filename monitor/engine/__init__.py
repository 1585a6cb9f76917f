"""Runs the workers, their CPU-bound functions and the recurring jobs of one process.

`local` runs the workers, `cpu_pool` pure functions in killable processes, `calendar` recurring
jobs, `shutdown` what must end within a time limit.
"""
