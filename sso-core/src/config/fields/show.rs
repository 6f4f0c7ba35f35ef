//! Values for people: secrets are not shown, long ones are described.

use aws_lc_rs::digest::{SHA256, digest};

use super::kind::read_list;
use super::{Fields, Kind, provider_of, setting};
use crate::UnixTime;
use crate::cert::{self, Validity};
use crate::excerpt::excerpt;
use crate::saml::metadata::IdpMetadata;

impl Fields {
    /// The value at `path` in one line, for people: a secret is only said to be there, metadata
    /// and certificates are described by what tells them apart.
    #[must_use]
    pub fn shown(&self, path: &str) -> Option<String> {
        let value = self.value(path)?;
        Some(match setting::find(path).map(super::Setting::kind) {
            None => format!("({} bytes that a newer program understands)", value.len()),
            Some(Kind::PrivateKey) => "(secret)".to_owned(),
            Some(Kind::Metadata) => self.metadata(path, value),
            Some(Kind::Certificates) => certificates(value),
            Some(Kind::CertificateList) => {
                let list = read_list(value).unwrap_or_default();
                list.iter()
                    .map(|it| certificates(it))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            Some(_) => one_line(value),
        })
    }

    fn metadata(&self, path: &str, xml: &str) -> String {
        let known = provider_of(path).and_then(|(name, _)| self.read_metadata(name, xml));
        match known {
            Some(known) => format!("{}, {}", described(&known), mark(xml.as_bytes())),
            None => format!("(unreadable, {})", mark(xml.as_bytes())),
        }
    }
}

fn described(metadata: &IdpMetadata) -> String {
    let ends = metadata.signing_certificates().iter();
    let ends: Vec<_> = ends.map(|it| date(it.validity.until)).collect();
    let entity_id = excerpt(metadata.entity_id().as_str());
    format!("{entity_id}, certificates until {}", ends.join(" and "))
}

fn certificates(pem: &str) -> String {
    let chain = cert::certificates(pem).unwrap_or_default();
    let Some(first) = chain.first() else {
        return format!("(unreadable, {})", mark(pem.as_bytes()));
    };
    match Validity::of(first) {
        Ok(validity) => format!(
            "a certificate until {}, {}",
            date(validity.until),
            mark(first)
        ),
        Err(_) => format!("(unreadable, {})", mark(first)),
    }
}

/// The beginning of the SHA-256, which tells two long values apart.
fn mark(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    let shown = digest.as_ref().iter().take(SHOWN_BYTES);
    let hex: String = shown.map(|byte| format!("{byte:02x}")).collect();
    format!("SHA-256 {hex}…")
}

fn date(moment: UnixTime) -> String {
    moment.to_string().chars().take(DATE_LENGTH).collect()
}

fn one_line(value: &str) -> String {
    let visible = |it: char| if it.is_control() { ' ' } else { it };
    excerpt(value).chars().map(visible).collect()
}

const SHOWN_BYTES: usize = 6;
/// `2026-11-28`
const DATE_LENGTH: usize = 10;
