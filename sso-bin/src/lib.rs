//! The `sso-connect` program as a library, so that tests start it in their own process.

pub mod address;
pub mod args;
pub mod cli;
pub mod control;
pub mod current_config;
pub mod data_dir;
pub mod demo;
pub mod domain;
pub mod failure;
pub mod handover;
pub mod http;
pub mod hub;
pub mod key_files;
pub mod local_settings;
pub mod network;
pub mod pages;
pub mod server;
pub mod settings;
pub mod shutdown;
pub mod status;
pub mod telemetry;
pub mod terminal;
pub mod tls;
pub mod token;
pub mod trace_id;
pub mod wiring;
