//! Why a token cannot be used.

use std::path::PathBuf;

use cryptoki::error::Error;

use super::loss::{Loss, loss};

/// Why a token, or a key on it, cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token refused a call, or did not answer.
    #[error("the token {token} does not do it: {source}")]
    Failed {
        /// Label of the token.
        token: String,
        /// What the module said.
        #[source]
        source: Error,
    },
    /// One more wrong PIN would lock the token, so ours is not tried.
    #[error(
        "somebody has entered wrong PINs: one more would lock the token {token}, so ours is not tried"
    )]
    LastTry {
        /// Label of the token.
        token: String,
    },
    /// The module cannot be loaded.
    #[error("cannot load the PKCS#11 module {}: {source}", path.display())]
    Module {
        /// The library.
        path: PathBuf,
        /// Why.
        #[source]
        source: Error,
    },
    /// The token has no such object.
    #[error("the token {token} has no {what} labelled {label}")]
    NoObject {
        /// Label of the token.
        token: String,
        /// What kind of object.
        what: &'static str,
        /// Its label.
        label: String,
    },
    /// The PIN cannot be read.
    #[error("there is no PIN for the token {token}: {reason}")]
    NoPin {
        /// Label of the token.
        token: String,
        /// Why.
        reason: String,
    },
    /// No slot has a token with this label.
    #[error("there is no token labelled {token}; there are: {}", list(present))]
    NoToken {
        /// The label.
        token: String,
        /// The labels of those that are there.
        present: Vec<String>,
    },
    /// Certificate and private key do not belong together.
    #[error("the certificate is not for the private key {label} on the token {token}")]
    NotAPair {
        /// Label of the token.
        token: String,
        /// Label of the key.
        label: String,
    },
    /// The token is locked after too many wrong PINs.
    #[error("the token {token} is locked after too many wrong PINs")]
    PinLocked {
        /// Label of the token.
        token: String,
    },
    /// The token refused the PIN; it is not tried again before it changes.
    #[error("the token {token} refuses the PIN; it is not tried again before it is changed")]
    PinRefused {
        /// Label of the token.
        token: String,
    },
    /// A certificate that is no X.509 certificate of a key that we sign with.
    #[error("the certificate of the key {label} cannot be used: {source}")]
    UnusableCertificate {
        /// Label of the key.
        label: String,
        /// Why.
        #[source]
        source: sso_core::signature::KeyError,
    },
}

impl TokenError {
    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::Failed { .. } | Self::NoToken { .. } => {
                "see what the module says: pkcs11-tool --module MODULE --list-token-slots".into()
            }
            Self::LastTry { token } => format!(
                "log in once with the right PIN, which resets the count: pkcs11-tool --module \
                 MODULE --token-label {token} --login --list-objects"
            ),
            Self::Module { path, .. } => format!(
                "name the library of the token as module in local.toml; ls -l {}",
                path.display()
            ),
            Self::NoObject { token, .. } | Self::NotAPair { token, .. } => format!(
                "see what is there: pkcs11-tool --module MODULE --token-label {token} --login \
                 --list-objects"
            ),
            Self::NoPin { .. } | Self::PinRefused { .. } => {
                "put the right PIN where [token] in local.toml says: pin_file, pin_env or \
                 pin_credential"
                    .into()
            }
            Self::PinLocked { token } => format!(
                "unlock it as its security officer: pkcs11-tool --module MODULE --token-label \
                 {token} --login --login-type so --init-pin"
            ),
            Self::UnusableCertificate { .. } => {
                "use a certificate of an RSA (2048 to 8192 bits), P-256 or P-384 key".into()
            }
        }
    }

    /// Whether trying again later may help without anybody doing anything.
    #[must_use]
    pub const fn is_worth_retrying(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::NoToken { .. })
    }

    /// What was lost, if that is the reason.
    pub(super) fn loss(&self) -> Option<Loss> {
        match self {
            Self::Failed { source, .. } => loss(source),
            Self::NoToken { .. } => Some(Loss::Device),
            _ => None,
        }
    }
}

fn list(labels: &[String]) -> String {
    match labels {
        [] => "none".into(),
        labels => labels.join(", "),
    }
}
