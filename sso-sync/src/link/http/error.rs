//! Settings that make no sense.

use std::path::PathBuf;

use sso_core::BoxError;

/// Why a hub cannot be reached with these settings, before anything is tried.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum HttpLinkError {
    /// The address of the hub is none.
    #[error("{address:?} is no address of a hub: {why}; write it like https://hub.example.com")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },

    /// A file with certificates is of no use.
    #[error(
        "{} is of no use as a file with certificates: it holds PEM, from -----BEGIN CERTIFICATE----- \
         on, and this program may read it",
        path.display()
    )]
    Certificates {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },

    /// What is reached without a proxy is named in a way that is not known.
    #[error(
        "{0:?} is no name or network that is reached without a proxy: write hosts like \
         hub.example.com, domains like .example.com, networks like 10.0.0.0/8, or * for all"
    )]
    Exempt(String),

    /// The address of the proxy has a password in it.
    #[error(
        "the address of the proxy has a password in it, where it would show in lists of processes, \
         in logs and in messages such as this one: give it separately, and change it if it was \
         shown"
    )]
    PasswordInAddress,

    /// The address of the proxy is none.
    #[error(
        "this is no address of a proxy: {0}; write it like http://proxy.example.com:3128, \
         https://proxy.example.com:3129 or socks5h://proxy.example.com:1080, with user@ before the \
         host if the proxy asks for a user"
    )]
    Proxy(&'static str),

    /// The certificates of this system are of no use.
    #[error(
        "this system has no certificates of authorities: install them (ca-certificates), or name \
         the file with the certificate of the authority of the hub"
    )]
    SystemCertificates(#[source] BoxError),
}
