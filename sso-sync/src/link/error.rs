//! Why there is no answer.

use std::time::Duration;

use sso_core::BoxError;

/// Why a hub gave no answer, for the administrator who has to mend it.
///
/// Where there is a cause that a program has given, it is the [source](std::error::Error::source).
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The certificate of whoever answered is not one that is trusted.
    #[error(
        "{hub} shows a certificate that is not trusted here: if a proxy on the way inspects TLS, \
         name the file with the certificate of its authority in the settings of the hub; if not, \
         look at the certificate of the hub and at the clock of this machine"
    )]
    Certificate {
        /// Host and port of who showed it: the hub, or a proxy that is reached by TLS.
        hub: String,
        /// What is wrong with it.
        source: BoxError,
    },

    /// There was a connection, and it broke before the answer was complete.
    #[error(
        "the connection to the hub at {hub} broke before the answer was complete; what was asked \
         for may have been done"
    )]
    Interrupted {
        /// Host and port of the hub.
        hub: String,
        /// How it broke.
        source: BoxError,
    },

    /// The proxy wants to know who asks, or does not accept who does.
    #[error(
        "the proxy {proxy} wants another user and password than it was given ({answer}): check both \
         in the settings of the proxy"
    )]
    ProxyAuthentication {
        /// The proxy.
        proxy: String,
        /// What it said.
        answer: String,
    },

    /// The proxy does not let this machine through to the hub.
    #[error(
        "the proxy {proxy} does not let this server through to {hub}: {answer}; ask those who run \
         the proxy to permit it, or list the hub among those that are reached without a proxy"
    )]
    ProxyRefused {
        /// The proxy.
        proxy: String,
        /// Host and port of the hub.
        hub: String,
        /// What it said.
        answer: String,
    },

    /// There is no way to the proxy.
    #[error(
        "the proxy {proxy} cannot be reached: check its address in the settings, the network, and \
         that it runs"
    )]
    ProxyUnreachable {
        /// The proxy.
        proxy: String,
        /// What was in the way.
        source: BoxError,
    },

    /// No answer within the time that it was given.
    #[error(
        "the hub at {hub} did not answer within {} seconds: look whether it runs, whether it is \
         overloaded, and whether a firewall drops what is sent to it",
        after.as_secs()
    )]
    TimedOut {
        /// Host and port of the hub.
        hub: String,
        /// How long it was waited for.
        after: Duration,
    },

    /// The answer is longer than any answer of a hub.
    #[error(
        "{hub} answers with more than {limit} bytes, which no hub does: check the address of the \
         hub, and what stands between"
    )]
    TooLarge {
        /// Host and port of the hub.
        hub: String,
        /// What is read at most, in bytes.
        limit: usize,
    },

    /// There is no way to the hub.
    #[error(
        "the hub at {hub} cannot be reached: check its address, the network and the firewall, and \
         that it runs"
    )]
    Unreachable {
        /// Host and port of the hub.
        hub: String,
        /// What was in the way.
        source: BoxError,
    },
}

impl LinkError {
    /// Whether the same may work later without anybody mending anything.
    #[must_use]
    pub const fn is_worth_retrying(&self) -> bool {
        match self {
            Self::Interrupted { .. }
            | Self::ProxyUnreachable { .. }
            | Self::TimedOut { .. }
            | Self::Unreachable { .. } => true,
            Self::Certificate { .. }
            | Self::ProxyAuthentication { .. }
            | Self::ProxyRefused { .. }
            | Self::TooLarge { .. } => false,
        }
    }
}
