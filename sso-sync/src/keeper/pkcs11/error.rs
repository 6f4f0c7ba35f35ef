//! Why a token cannot be used.

use std::fmt;
use std::path::{Path, PathBuf};

use cryptoki::error::Error;

use super::loss::{Loss, loss};

/// Which token it is about. `Display` is its label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenName {
    label: String,
    module: PathBuf,
}

impl TokenName {
    /// The token labelled `label`, reached through the library `module`.
    #[must_use]
    pub fn new(label: &str, module: &Path) -> Self {
        Self {
            label: label.into(),
            module: module.into(),
        }
    }

    /// Its label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The library that reaches it.
    #[must_use]
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// How the command to look at the library begins.
    fn tool(&self) -> String {
        format!("pkcs11-tool --module {}", self.module.display())
    }

    fn tool_on_token(&self) -> String {
        format!("{} --token-label {:?}", self.tool(), self.label)
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// Why a token, or a key on it, cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token refused a call, or did not answer.
    #[error("the token {token} does not do it: {source}")]
    Failed {
        /// Which token.
        token: TokenName,
        /// What the module said.
        #[source]
        source: Error,
    },
    /// One more wrong PIN would lock the token, so ours is not tried.
    #[error(
        "somebody has entered wrong PINs: one more would lock the token {token}, so ours is not tried"
    )]
    LastTry {
        /// Which token.
        token: TokenName,
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
        /// Which token.
        token: TokenName,
        /// What kind of object.
        what: &'static str,
        /// Its label.
        label: String,
    },
    /// The PIN cannot be read.
    #[error("there is no PIN for the token {token}: {reason}")]
    NoPin {
        /// Which token.
        token: TokenName,
        /// Why.
        reason: String,
    },
    /// No slot has a token with this label.
    #[error("there is no token labelled {token}; there are: {}", list(present))]
    NoToken {
        /// The one that is looked for.
        token: TokenName,
        /// The labels of those that are there.
        present: Vec<String>,
    },
    /// Certificate and private key do not belong together.
    #[error("the certificate is not for the private key {label} on the token {token}")]
    NotAPair {
        /// Which token.
        token: TokenName,
        /// Label of the key.
        label: String,
    },
    /// The token is locked after too many wrong PINs.
    #[error("the token {token} is locked after too many wrong PINs")]
    PinLocked {
        /// Which token.
        token: TokenName,
    },
    /// The token refused the PIN; it is not tried again before it changes.
    #[error("the token {token} refuses the PIN; it is not tried again before it is changed")]
    PinRefused {
        /// Which token.
        token: TokenName,
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
            Self::Failed { token, .. } | Self::NoToken { token, .. } => format!(
                "see what the module says: {} --list-token-slots",
                token.tool()
            ),
            Self::LastTry { token } => format!(
                "log in once with the right PIN, which resets the count: {} --login --list-objects",
                token.tool_on_token()
            ),
            Self::Module { path, .. } => format!(
                "name the library of the token as module in local.toml; ls -l {}",
                path.display()
            ),
            Self::NoObject { token, .. } | Self::NotAPair { token, .. } => format!(
                "see what is there: {} --login --list-objects",
                token.tool_on_token()
            ),
            Self::NoPin { .. } | Self::PinRefused { .. } => {
                "put the right PIN where [token] in local.toml says: pin_file, pin_env or \
                 pin_credential"
                    .into()
            }
            Self::PinLocked { token } => format!(
                "unlock it as its security officer: {} --login --login-type so --init-pin",
                token.tool_on_token()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_mends_names_the_library_and_the_token() {
        let token = TokenName::new("my token", Path::new("/usr/lib/token.so"));
        let locked = TokenError::PinLocked { token }.fix();
        let command = "pkcs11-tool --module /usr/lib/token.so --token-label \"my token\" --login";
        assert!(locked.contains(command), "{locked}");
    }
}
