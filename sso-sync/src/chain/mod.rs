//! The authority chain.
