//! The `sso-connect` program.
fn main() {}
