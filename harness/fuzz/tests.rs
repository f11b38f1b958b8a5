//! Fuzzing as a whole.
