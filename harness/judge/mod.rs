//! What the records of a plan's executions say about each audit. Pure: judges, runs nothing.

pub mod rate;
