//! Rounds: read k+1 ∥ decode k ∥ write k−1. The only module that knows threads.
