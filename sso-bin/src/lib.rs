//! The `sso-connect` program as a library, so that tests start it in their own process.

pub mod address;
pub mod args;
pub mod data_dir;
pub mod demo;
pub mod handover;
pub mod http;
pub mod local_settings;
pub mod pages;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod tls;
pub mod trace_id;
