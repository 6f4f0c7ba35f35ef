//! The authority that issues the certificate of the public address by itself (RFC 8555).

use std::fmt;

use url::Url;

use super::Problem;
use super::document::AcmeDocument;
use crate::cert;

/// Where certificates are ordered, and how we prove that the name is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    directory: String,
    contact: Option<String>,
    challenge: AcmeChallenge,
    ca: Option<String>,
}

impl AcmeSettings {
    /// Checks what an administrator wrote.
    ///
    /// # Errors
    ///
    /// Every [`Problem`] in it.
    pub fn of(document: &AcmeDocument) -> Result<Self, Vec<Problem>> {
        let problems = problems(document);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            directory: document.directory.clone(),
            contact: document.contact.clone(),
            challenge: challenge(document).unwrap_or_default(),
            ca: document.ca.clone(),
        })
    }

    /// The address of the directory.
    #[must_use]
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// The e-mail address that the authority may write to.
    #[must_use]
    pub fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    /// How the authority sees that the name is ours.
    #[must_use]
    pub const fn challenge(&self) -> AcmeChallenge {
        self.challenge
    }

    /// The authorities that the directory is trusted by, as PEM, if not those of the system.
    #[must_use]
    pub fn ca(&self) -> Option<&str> {
        self.ca.as_deref()
    }
}

/// How the authority sees that a name is ours. `Display` is the word of RFC 8555.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a new way needs code that answers")]
pub enum AcmeChallenge {
    /// It asks at port 80, and follows a redirection.
    Http01,
    /// It asks at port 443, by TLS (RFC 8737).
    #[default]
    TlsAlpn01,
}

impl AcmeChallenge {
    /// The words that an administrator may write.
    pub(crate) const WORDS: &'static [&'static str] = &["tls-alpn-01", "http-01"];
}

impl fmt::Display for AcmeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http01 => "http-01",
            Self::TlsAlpn01 => "tls-alpn-01",
        })
    }
}

fn problems(document: &AcmeDocument) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_https = Url::parse(&document.directory).is_ok_and(|url| url.scheme() == "https");
    if !is_https {
        problems.push(Problem::new(
            "acme.directory",
            &document.directory,
            "https://…",
            "Ask the authority for the address of its ACME directory.",
        ));
    }
    if let (Some(found), None) = (&document.challenge, challenge(document)) {
        let expected = format!("one of {}", AcmeChallenge::WORDS.join(", "));
        problems.push(Problem::new(
            "acme.challenge",
            found,
            expected,
            "Choose one.",
        ));
    }
    let contact = document.contact.as_ref();
    if let Some(found) = contact.filter(|it| !it.contains('@') || it.contains([',', '?', ' '])) {
        let fix = "Give the address alone, without mailto:.";
        problems.push(Problem::new(
            "acme.contact",
            found,
            "an e-mail address",
            fix,
        ));
    }
    if let Some(Err(error)) = document.ca.as_ref().map(|it| cert::certificates(it)) {
        let fix = format!("Replace it: {error}.");
        problems.push(Problem::new(
            "acme.ca",
            "an unusable text",
            "certificates as PEM",
            fix,
        ));
    }
    problems
}

fn challenge(document: &AcmeDocument) -> Option<AcmeChallenge> {
    match document.challenge.as_deref() {
        None | Some("tls-alpn-01") => Some(AcmeChallenge::TlsAlpn01),
        Some("http-01") => Some(AcmeChallenge::Http01),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_the_way_unless_another_one_is_named() {
        let mut document = AcmeDocument::new("https://ca.example/dir");
        assert_eq!(
            read(&document).unwrap().challenge(),
            AcmeChallenge::TlsAlpn01
        );
        for word in AcmeChallenge::WORDS {
            document.challenge = Some((*word).into());
            assert_eq!(read(&document).unwrap().challenge().to_string(), *word);
        }
    }

    #[test]
    fn what_cannot_be_is_named_with_the_way_out() {
        let mut document = AcmeDocument::new("http://ca.example/dir");
        document.challenge = Some("dns-01".into());
        document.contact = Some("mailto:alice".into());
        document.ca = Some("x".into());
        insta::assert_snapshot!(read(&document).unwrap_err(), @"
        acme.directory: found http://ca.example/dir, expected https://…. Ask the authority for the address of its ACME directory.
        acme.challenge: found dns-01, expected one of tls-alpn-01, http-01. Choose one.
        acme.contact: found mailto:alice, expected an e-mail address. Give the address alone, without mailto:.
        acme.ca: found an unusable text, expected certificates as PEM. Replace it: there is no certificate in it (no line -----BEGIN CERTIFICATE-----).
        ");
    }

    fn read(document: &AcmeDocument) -> Result<AcmeSettings, String> {
        let lines = |it: &Problem| it.to_string();
        AcmeSettings::of(document)
            .map_err(|all| all.iter().map(lines).collect::<Vec<_>>().join("\n"))
    }
}
