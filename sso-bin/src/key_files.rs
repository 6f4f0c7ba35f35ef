//! The keys of a server: made once, read at every start.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sso_core::UnixTime;
use sso_core::cert::{SelfSigned, SelfSignedError};
use sso_core::seal::{SealingKey, SealingKeys};
use zeroize::Zeroizing;

use crate::data_dir::{DataDir, DataDirError, KeyFile};
use crate::data_key;
use crate::failure::Failure;
use crate::settings::SettingsError;

/// Makes the keys that a new server needs. One that is there already is kept: nothing could bring
/// it back.
///
/// # Errors
///
/// A [`Failure`] if a file cannot be written.
pub fn create(dir: &DataDir, host: &str, now: UnixTime) -> Result<(), Failure> {
    let is_there = [
        (KeyFile::Cookies, is_present(dir, KeyFile::Cookies)?),
        (KeyFile::Data, data_key::is_there(dir)?),
    ];
    for (file, _) in is_there.into_iter().filter(|(_, is_there)| !is_there) {
        dir.write(&dir.key_file(file), &random_line()?)?;
    }
    for pair in [
        (KeyFile::SigningCertificate, KeyFile::SigningKey),
        (KeyFile::DecryptionCertificate, KeyFile::DecryptionKey),
    ] {
        if !is_present(dir, pair.1)? {
            let made = SelfSigned::for_saml(host, now).map_err(|error| not_made(&error))?;
            write_pair(dir, pair, &made)?;
        }
    }
    ensure_tls(dir, host, now).map(drop)
}

/// Makes a certificate for the public address, unless there is one; tells whether it did.
///
/// # Errors
///
/// A [`Failure`] if a file cannot be written.
pub fn ensure_tls(dir: &DataDir, host: &str, now: UnixTime) -> Result<bool, Failure> {
    ensure_tls_for(dir, &[host], now)
}

/// The same for several host names.
///
/// # Errors
///
/// A [`Failure`] if a file cannot be written.
pub fn ensure_tls_for(dir: &DataDir, hosts: &[&str], now: UnixTime) -> Result<bool, Failure> {
    if is_present(dir, KeyFile::TlsCertificate)? || is_present(dir, KeyFile::TlsKey)? {
        return Ok(false);
    }
    let mut names = Vec::new();
    for host in hosts {
        match *host {
            "localhost" => names.extend(["localhost", "127.0.0.1", "::1"]),
            host => names.push(host.trim_start_matches('[').trim_end_matches(']')),
        }
    }
    let made = SelfSigned::for_tls(&names, now).map_err(|error| not_made(&error))?;
    write_pair(dir, (KeyFile::TlsCertificate, KeyFile::TlsKey), &made)?;
    Ok(true)
}

/// The keys that seal cookies: the current one in the first line, older ones below.
///
/// # Errors
///
/// A [`SettingsError`] naming the file.
pub fn sealing_keys(dir: &DataDir) -> Result<SealingKeys, SettingsError> {
    let mut keys = cookie_keys(dir)?.into_iter();
    let current = keys
        .next()
        .ok_or_else(|| SettingsError::key(&dir.key_file(KeyFile::Cookies), &"it is empty"))?;
    Ok(keys.fold(SealingKeys::new(current), SealingKeys::with_older))
}

/// The same, one by one; none if the file is empty.
///
/// # Errors
///
/// A [`SettingsError`] naming the file.
pub fn cookie_keys(dir: &DataDir) -> Result<Vec<SealingKey>, SettingsError> {
    let path = dir.key_file(KeyFile::Cookies);
    let text = dir.read(&path)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let key =
        |line| SealingKey::from_base64(line).map_err(|error| SettingsError::key(&path, &error));
    lines.map(key).collect()
}

pub(crate) fn is_present(dir: &DataDir, file: KeyFile) -> Result<bool, DataDirError> {
    dir.read_if_present(&dir.key_file(file))
        .map(|text| text.is_some())
}

fn write_pair(
    dir: &DataDir,
    (certificate, key): (KeyFile, KeyFile),
    made: &SelfSigned,
) -> Result<(), DataDirError> {
    dir.write(&dir.key_file(key), made.key_pem())?;
    dir.write(&dir.key_file(certificate), made.certificate_pem())
}

/// 32 random bytes in base64.
pub(crate) fn random_line() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice())
        .map_err(|_| Failure::because("the operating system gives no random bytes"))?;
    Ok(Zeroizing::new(format!(
        "{}\n",
        BASE64_STANDARD.encode(bytes)
    )))
}

fn not_made(error: &SelfSignedError) -> Failure {
    Failure::because(format!("cannot make a certificate: {error}"))
}
