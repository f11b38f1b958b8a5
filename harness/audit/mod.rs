//! The audits: one file each.
