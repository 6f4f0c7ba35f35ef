//! The keys of a server by itself: files in its folder.

use sso_core::UnixTime;
use sso_core::cert::Purpose;
use sso_core::config::SharedConfigDocument;
use sso_core::config::document::KeyPairDocument;

use crate::data_dir::{DataDir, KeyFile};
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::settings::{self, SettingsError};

/// The keys in a folder, for a change of those for one purpose.
#[derive(Debug)]
pub(super) struct Folder {
    dir: DataDir,
    purpose: Purpose,
}

impl Folder {
    /// # Errors
    ///
    /// A [`Failure`] if what is for `purpose` is elsewhere: in `config.toml`, or on a token.
    pub(super) fn open(dir: DataDir, purpose: Purpose) -> Result<Self, Failure> {
        if settings::read(&dir)?.key_in_use(purpose).is_some() {
            return Err(Failure::refused(
                format!("config.toml has the certificate for {purpose} in itself"),
                format!("take it out of {} first", dir.config_file().display()),
            ));
        }
        let token = LocalSettings::load(&dir)?.token;
        let on_token = token.and_then(|token| match purpose {
            Purpose::SamlDecryption => None,
            Purpose::SamlSigning => token.signing_key,
            Purpose::Tls => token.tls_key,
        });
        match on_token {
            None => Ok(Self { dir, purpose }),
            Some(key) => Err(Failure::refused(
                format!("the key for {purpose} is on the token, as {key}: it cannot be imported"),
                "write the new certificate for it to its file in the folder keys",
            )),
        }
    }

    /// The configuration with all keys.
    pub(super) fn document(&self) -> Result<SharedConfigDocument, Failure> {
        Ok(settings::read_with_keys(&self.dir)?)
    }

    /// Checks it as the server will.
    pub(super) fn check(
        &self,
        document: &SharedConfigDocument,
        now: UnixTime,
    ) -> Result<(), Failure> {
        let checked = settings::check(&self.dir, document.clone(), now);
        Ok(checked.map(drop).map_err(SettingsError::of_candidate)?)
    }

    /// Writes the keys for the purpose; those that wait no more are removed last.
    pub(super) fn write(&self, document: &SharedConfigDocument) -> Result<(), Failure> {
        if self.purpose == Purpose::SamlDecryption {
            let before = document.keys.decryption.get(1);
            self.put(BEFORE, before)?;
        }
        let [now, next] = places(self.purpose);
        if let Some(pair) = document.key_in_use(self.purpose) {
            self.put(now, Some(pair))?;
        }
        self.put(next, document.next_key(self.purpose))
    }

    fn put(
        &self,
        (certificate, key): (KeyFile, KeyFile),
        pair: Option<&KeyPairDocument>,
    ) -> Result<(), Failure> {
        let [certificate, key] = [certificate, key].map(|file| self.dir.key_file(file));
        match pair {
            Some(pair) => {
                self.dir.write(&key, pair.key.expose())?;
                self.dir.write(&certificate, &pair.certificate)?;
            }
            None => {
                self.dir.remove(&certificate)?;
                self.dir.remove(&key)?;
            }
        }
        Ok(())
    }
}

const fn places(purpose: Purpose) -> [(KeyFile, KeyFile); 2] {
    match purpose {
        Purpose::SamlDecryption => [
            (KeyFile::DecryptionCertificate, KeyFile::DecryptionKey),
            (
                KeyFile::NextDecryptionCertificate,
                KeyFile::NextDecryptionKey,
            ),
        ],
        Purpose::SamlSigning => [
            (KeyFile::SigningCertificate, KeyFile::SigningKey),
            (KeyFile::NextSigningCertificate, KeyFile::NextSigningKey),
        ],
        Purpose::Tls => [
            (KeyFile::TlsCertificate, KeyFile::TlsKey),
            (KeyFile::NextTlsCertificate, KeyFile::NextTlsKey),
        ],
    }
}

/// Decrypts what identity providers encrypt that do not know the one in use yet.
const BEFORE: (KeyFile, KeyFile) = (
    KeyFile::FormerDecryptionCertificate,
    KeyFile::FormerDecryptionKey,
);
