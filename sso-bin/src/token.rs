//! Keys of this server that are on a PKCS#11 token.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;
use sso_core::BoxError;
use sso_core::config::PrivateKeys;
use sso_core::saml::encryption::DecryptionKey;
use sso_core::signature::Signer;
use sso_sync::keeper::pkcs11::{self, PinSource, Token, TokenError, TokenKey};

use crate::data_dir::DataDir;
use crate::linking;
use crate::local_settings::{LocalSettings, LocalSettingsError};

/// What `local.toml` says under `[token]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenSettings {
    /// The PKCS#11 library: `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The label of the token.
    pub label: String,
    /// A file with the PIN, that only its owner can read.
    pub pin_file: Option<PathBuf>,
    /// The environment variable with the PIN.
    pub pin_env: Option<String>,
    /// The systemd credential with the PIN.
    pub pin_credential: Option<String>,
    /// The label of the AES key that seals what this server keeps; it is made if it is not there.
    pub sealing_key: Option<String>,
    /// The label of the private key that decrypts assertions, whose certificate is
    /// `keys/saml-decryption.pem`, or one of the shared configuration.
    pub decryption_key: Option<String>,
    /// The label of the private key that signs SAML messages, whose certificate is
    /// `keys/saml-signing.pem`, or that of the shared configuration.
    pub signing_key: Option<String>,
    /// The label of the private key for TLS, whose certificate is `keys/tls.pem`, or that of the
    /// shared configuration.
    pub tls_key: Option<String>,
}

impl TokenSettings {
    /// Several sources of one PIN are refused, and so are labels that no token can have.
    ///
    /// A program that loads no libraries refuses all of it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !linking::loads_libraries() {
            return Err(STATIC.into());
        }
        if self.pins().count() > 1 {
            let reason = "token has several of pin_file, pin_env and pin_credential: keep one";
            return Err(reason.into());
        }
        match self.label.is_empty() || self.label.len() > MAX_LABEL_BYTES {
            true => Err(format!(
                "token.label is {:?}, and must have 1 to {MAX_LABEL_BYTES} bytes",
                self.label
            )),
            false => Ok(()),
        }
    }

    /// Loads the library; the token is looked for when it is needed.
    ///
    /// # Errors
    ///
    /// [`TokenKeyError::Token`] naming the setting.
    pub fn open(&self) -> Result<Arc<Token>, TokenKeyError> {
        let pin = self.pins().next();
        let settings = pkcs11::TokenSettings::new(&self.module, &self.label, pin);
        Token::open(&settings).map_err(TokenKeyError::of("module"))
    }

    fn pins(&self) -> impl Iterator<Item = PinSource> {
        let sources = [
            self.pin_file.clone().map(PinSource::File),
            self.pin_env.clone().map(PinSource::Environment),
            self.pin_credential.clone().map(PinSource::Credential),
        ];
        sources.into_iter().flatten()
    }
}

/// The keys of this server that are on its token. Each is found by the certificate that it is for,
/// wherever that comes from.
#[derive(Clone, Debug, Default)]
pub struct TokenKeys(Option<TokenSettings>);

impl TokenKeys {
    /// What `local.toml` says of them.
    ///
    /// # Errors
    ///
    /// A [`LocalSettingsError`] if it cannot be used.
    pub fn load(dir: &DataDir) -> Result<Self, LocalSettingsError> {
        Ok(Self(LocalSettings::load(dir)?.token))
    }

    /// The key for TLS of the first certificate; nothing if no setting names one.
    ///
    /// # Errors
    ///
    /// A [`TokenKeyError`] if it cannot be used with this certificate.
    pub fn tls(
        &self,
        chain: Vec<CertificateDer<'static>>,
    ) -> Result<Option<Arc<CertifiedKey>>, TokenKeyError> {
        let label = |token: &TokenSettings| token.tls_key.clone();
        let open = |token, label: &str| TokenKey::open(token, label, chain);
        let key = self.find("tls_key", label, open)?;
        Ok(key.map(|key| key.certified()))
    }

    /// Whether the key that signs SAML messages need not be in a file.
    #[must_use]
    pub fn has_signing(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.signing_key.is_some())
    }

    /// Whether the key that decrypts assertions need not be in a file.
    #[must_use]
    pub fn has_decryption(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|it| it.decryption_key.is_some())
    }

    /// Whether the key for TLS need not be in a file.
    #[must_use]
    pub fn has_tls_key(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.tls_key.is_some())
    }

    fn find(
        &self,
        setting: &'static str,
        label: impl FnOnce(&TokenSettings) -> Option<String>,
        open: impl FnOnce(Arc<Token>, &str) -> Result<TokenKey, TokenError>,
    ) -> Result<Option<TokenKey>, TokenKeyError> {
        let Some(token) = &self.0 else {
            return Ok(None);
        };
        let Some(label) = label(token) else {
            return Ok(None);
        };
        let key = open(token.open()?, &label);
        key.map(Some)
            .inspect_err(|error| log(setting, error))
            .map_err(TokenKeyError::of(setting))
    }
}

impl PrivateKeys for TokenKeys {
    fn decryption(
        &self,
        certificate: &CertificateDer<'static>,
    ) -> Result<Option<DecryptionKey>, BoxError> {
        let label = |token: &TokenSettings| token.decryption_key.clone();
        let ours = certificate.clone();
        let open = |token, label: &str| TokenKey::open_to_decrypt(token, label, ours);
        let key = self.find("decryption_key", label, open)?;
        Ok(key.map(|key| DecryptionKey::held_by(certificate.clone(), key)))
    }

    fn signer(
        &self,
        certificate: &CertificateDer<'static>,
    ) -> Result<Option<Arc<dyn Signer>>, BoxError> {
        let label = |token: &TokenSettings| token.signing_key.clone();
        let chain = vec![certificate.clone()];
        let open = |token, label: &str| TokenKey::open(token, label, chain);
        let key = self.find("signing_key", label, open)?;
        Ok(key.map(|key| -> Arc<dyn Signer> { Arc::new(key) }))
    }

    fn has_tls(&self, certificate: &CertificateDer<'static>) -> Result<bool, BoxError> {
        Ok(self.tls(vec![certificate.clone()])?.is_some())
    }
}

/// That a key is for another certificate is as it should be while keys are rolled over.
fn log(setting: &str, error: &TokenError) {
    if !matches!(
        error,
        TokenError::NoObject { .. } | TokenError::NotAPair { .. }
    ) {
        let (reason, fix) = (error.to_string(), error.fix());
        tracing::warn!(setting, reason, fix, "a key on the token cannot be used");
    }
}

/// Why a key on a token cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    /// `local.toml` cannot be used.
    #[error(transparent)]
    LocalSettings(#[from] LocalSettingsError),
    /// The token does not do what a setting wants of it.
    #[error("token.{setting} in local.toml: {source}")]
    Token {
        /// The setting.
        setting: &'static str,
        /// Why.
        source: TokenError,
    },
}

impl TokenKeyError {
    fn of(setting: &'static str) -> impl FnOnce(TokenError) -> Self {
        move |source| Self::Token { setting, source }
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::LocalSettings(error) => error.fix(),
            Self::Token { source, .. } => source.fix(),
        }
    }
}

/// PKCS#11 has no room for more.
const MAX_LABEL_BYTES: usize = 32;

/// Said of the setting `token`.
const STATIC: &str = "token is set, and this program is one static file, which loads no PKCS#11 \
    module: install the package, or a program that is linked to the libraries of the machine";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_one_source() {
        let check = |more: &str| settings(more).check();
        assert!(check("").is_ok());
        assert!(check("pin_file = '/pin'").is_ok());
        let refused = check("pin_file = '/pin'\npin_env = 'PIN'").unwrap_err();
        assert!(refused.contains("keep one"), "{refused}");
    }

    #[test]
    fn a_label_is_as_long_as_tokens_have_it() {
        let check = |label: String| {
            let mut settings = settings("");
            settings.label = label;
            settings.check().is_ok()
        };
        assert!(!check(String::new()));
        assert!(check("x".repeat(32)));
        assert!(!check("x".repeat(33)));
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let text = "module = '/m'\nlabel = 'x'\npin = '1234'";
        let refused = toml::from_str::<TokenSettings>(text).unwrap_err();
        assert!(refused.to_string().contains("pin"), "{refused}");
    }

    #[test]
    fn a_library_that_is_missing_is_named_with_its_setting() {
        let refused = settings("").open().unwrap_err().to_string();
        let start = "token.module in local.toml: cannot load the PKCS#11 module /no/module.so";
        assert!(refused.starts_with(start), "{refused}");
    }

    fn settings(more: &str) -> TokenSettings {
        toml::from_str(&format!("module = '/no/module.so'\nlabel = 'x'\n{more}")).unwrap()
    }
}
