//! `certificate`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sso_core::cert::Purpose;

use super::LoginArgs;

/// The subcommands of `certificate`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum CertificateCommand {
    /// Use the certificate and key that wait.
    ActivateNext(CertificateActivateArgs),
    /// Take in a certificate and its key: PEM, DER, PKCS#12 (.p12, .pfx) or JKS.
    Import(Box<CertificateImportArgs>),
    /// Show which certificates are in use, and which wait.
    Show(CertificateShowArgs),
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum CertificateUse {
    /// The public address, as browsers meet it.
    Tls,
    /// What signs requests to identity providers.
    #[value(alias = "signing")]
    SamlSigning,
    /// What identity providers encrypt to.
    #[value(alias = "decryption")]
    SamlDecryption,
}

impl CertificateUse {
    /// The word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::SamlSigning => "saml-signing",
            Self::SamlDecryption => "saml-decryption",
        }
    }

    /// The same for the library.
    #[must_use]
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Tls => Purpose::Tls,
            Self::SamlSigning => Purpose::SamlSigning,
            Self::SamlDecryption => Purpose::SamlDecryption,
        }
    }
}

/// Arguments of `certificate show`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct CertificateShowArgs {
    /// Only the certificates for this.
    #[arg(value_name = "USE")]
    pub purpose: Option<CertificateUse>,
}

/// Arguments of `certificate import`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct CertificateImportArgs {
    /// What it is for.
    #[arg(value_name = "USE")]
    pub purpose: CertificateUse,

    /// Files with the certificate, those of the authorities behind it, and the key, in any order.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// A file with the private key, if it is in none of the others.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,

    /// A file with the passphrase in its first line. Also: SSO_CONNECT_PASSPHRASE.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,

    /// Let it wait, until `certificate activate-next`.
    #[arg(long)]
    pub next: bool,

    /// Take it in without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who does it, for a server of a domain.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `certificate activate-next`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct CertificateActivateArgs {
    /// What it is for.
    #[arg(value_name = "USE")]
    pub purpose: CertificateUse,

    /// Use it without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who does it, for a server of a domain.
    #[command(flatten)]
    pub login: LoginArgs,
}

pub(super) const HELP: &str = "\
A new certificate for the public address, on every server without a dropped connection:
  sso-connect certificate import tls new.pfx
  sso-connect certificate import tls fullchain.pem --key privkey.pem

A new key for SAML, without a failed sign-in:
  sso-connect certificate import saml-signing new.p12 --next
  sso-connect metadata                  give this to every identity provider
  sso-connect certificate activate-next saml-signing
";
