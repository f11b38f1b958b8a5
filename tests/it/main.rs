//! One ordinary test binary: what the modules check is said at the top of each.

mod again;
mod bad_input;
mod canary;
mod cli;
mod docs;
mod drift;
mod endings;
mod environment;
mod fuzz;
mod hostile;
mod installed;
mod integrations;
mod kernels;
mod leakage;
mod planted;
mod predictions;
mod provenance;
mod rules;
mod staging;
mod submission;
mod support;
mod tables;
mod tidy;
