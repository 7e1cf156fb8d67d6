"""The arithmetic of the benchmarks, without running one."""
