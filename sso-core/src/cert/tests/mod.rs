//! Certificates of authorities, of servers, and of people who made a mistake.

mod chain;
#[cfg(feature = "import")]
mod import;
mod judge;
#[cfg(all(feature = "import", feature = "system-tests"))]
mod keytool;
#[cfg(all(feature = "import", feature = "system-tests"))]
mod openssl;
mod validity;

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::*;

/// An authority that signs certificates.
type Authority = CertifiedIssuer<'static, KeyPair>;

fn root(name: &str) -> Authority {
    CertifiedIssuer::self_signed(authority(name), key()).unwrap()
}

fn below(name: &str, issuer: &Authority) -> Authority {
    CertifiedIssuer::signed_by(authority(name), key(), issuer).unwrap()
}

/// The certificate of a server, for `sso.example.com`, and its key.
fn server(issuer: &Authority) -> (CertificateDer<'static>, KeyPair) {
    server_with(issuer, |_| ())
}

fn server_with(
    issuer: &Authority,
    change: impl FnOnce(&mut CertificateParams),
) -> (CertificateDer<'static>, KeyPair) {
    let key = key();
    let mut params = CertificateParams::new(["sso.example.com".to_owned()]).unwrap();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.distinguished_name.push(DnType::CommonName, "sso");
    validity(&mut params, NOW, NOW.later(days(90)));
    change(&mut params);
    let certificate = params.signed_by(&key, issuer).unwrap();
    (certificate.der().clone(), key)
}

fn validity(params: &mut CertificateParams, from: UnixTime, until: UnixTime) {
    let [from, until] = [from, until].map(|moment| {
        let seconds = i64::try_from(moment.as_secs()).unwrap();
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    });
    params.not_before = from;
    params.not_after = until;
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    validity(&mut params, NOW, NOW.later(days(900)));
    params
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn der(authority: &Authority) -> CertificateDer<'static> {
    authority.der().clone()
}

const fn days(days: u64) -> Duration {
    Duration::from_hours(days * 24)
}

const NOW: UnixTime = UnixTime::from_secs(1_800_014_400);
