//! The user feed.
