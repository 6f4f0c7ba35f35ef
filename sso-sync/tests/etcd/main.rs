//! The store in etcd keeps the promises of a store.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod earlier;
mod faults;
mod place;
#[path = "../servers/proxy.rs"]
mod proxy;
mod server;
mod settings;
#[path = "../servers/unique.rs"]
mod unique;

use place::Etcd;
use sso_sync::testkit::OnKvAt;

mod level_1 {
    sso_sync::kv_store_tests!(super::Etcd);
}

mod level_2 {
    sso_sync::domain_store_tests!(super::OnKvAt<super::Etcd>);
}
