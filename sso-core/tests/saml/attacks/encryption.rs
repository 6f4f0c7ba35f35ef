//! Encryption is not authentication.
