//! `sso-connect demo`.

mod application;
mod identity_provider;
mod pages;
mod people;
