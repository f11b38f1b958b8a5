//! The search for the guilty factors.
