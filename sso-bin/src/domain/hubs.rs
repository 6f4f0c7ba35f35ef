//! The way to hubs.

use std::fmt;
use std::sync::Arc;

use sso_core::SystemClock;
use sso_sync::administration::{Office, Program};

use super::HubAddress;
use crate::failure::Failure;

/// The way to hubs, so that tests have hubs in memory.
pub trait Hubs: fmt::Debug + Send + Sync + 'static {
    /// A place from which an administrator works with the hub at `address`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the settings of the way make no sense; nobody is asked yet.
    fn office(&self, address: &HubAddress) -> Result<Office, Failure>;
}

/// Hubs on the network.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RealHubs;

impl Hubs for RealHubs {
    fn office(&self, address: &HubAddress) -> Result<Office, Failure> {
        let _ = (Arc::new(SystemClock), program());
        Err(Failure::because(format!(
            "there is no way to {address:?} yet"
        )))
    }
}

/// This program, as the domain's policy is compared with it.
#[must_use]
pub fn program() -> Program {
    Program {
        version: env!("CARGO_PKG_VERSION").into(),
        schema: SCHEMA,
    }
}

/// The newest schema of records and configurations that this program knows.
const SCHEMA: u64 = 1;
