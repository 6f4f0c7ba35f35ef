//! Where a server is to listen, as the command line or the setting has it.

use std::net::{SocketAddr, TcpListener};

use crate::address::{self, AddressError};
use crate::args::ServeArgs;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::front::Wanted;
use crate::local_settings::LocalSettings;

/// Where to listen, and the listener, or why there is none yet.
#[derive(Debug)]
pub(super) struct Place {
    /// The address that it is about.
    pub(super) wanted: Wanted,
    /// The listener.
    pub(super) listener: Result<TcpListener, AddressError>,
}

impl Place {
    /// An address that was given is taken at once or not at all; that of the setting as soon as it
    /// can be had.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if an address that was given cannot be had.
    pub(super) fn of(
        dir: &DataDir,
        local: &LocalSettings,
        args: &ServeArgs,
    ) -> Result<Self, Failure> {
        let Some(given) = args.listen else {
            let wanted = Wanted::Setting(dir.clone(), local.listen());
            let listener = address::bind(local.listen());
            return Ok(Self { wanted, listener });
        };
        Ok(Self::taken(address::bind(given)?, given))
    }

    /// A listener that somebody has already.
    pub(super) const fn taken(listener: TcpListener, address: SocketAddr) -> Self {
        Self {
            wanted: Wanted::Given(address),
            listener: Ok(listener),
        }
    }
}
