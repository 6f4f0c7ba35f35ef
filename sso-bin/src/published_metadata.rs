//! Our metadata, as the configuration makes it.

use sso_core::config::{IdentityProvider, ProviderState, SharedConfig};
use sso_core::saml::metadata::{PublishError, ServiceProviderMetadata};

/// The metadata of the service that `config` describes.
///
/// # Errors
///
/// A [`PublishError`] if it cannot be signed.
pub async fn publish(config: &SharedConfig, signed: bool) -> Result<String, PublishError> {
    let metadata = describe(config);
    match config.keys().signer() {
        Some(signer) if signed => metadata.sign(signer.as_ref()).await,
        _ => metadata.to_xml(),
    }
}

fn describe(config: &SharedConfig) -> ServiceProviderMetadata {
    let keys = config.keys();
    let mut metadata = ServiceProviderMetadata::new(config.service());
    for certificate in keys.signing_certificates() {
        metadata = metadata.with_signing_certificate(certificate);
    }
    for key in keys.decryption() {
        metadata = metadata.with_encryption_certificate(key.certificate());
    }
    if every_request_is_signed(config) {
        metadata.with_signed_requests()
    } else {
        metadata
    }
}

/// A promise that a single provider without signed requests would break.
fn every_request_is_signed(config: &SharedConfig) -> bool {
    let mut enabled = config
        .identity_providers()
        .iter()
        .filter(|idp| idp.state() == ProviderState::Enabled);
    let all = enabled.clone().all(IdentityProvider::sign_requests);
    enabled.next().is_some() && all
}
