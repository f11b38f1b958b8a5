//! Which executions the audits ask for. Pure: the same case gives the same plan on every machine.

pub mod search;
