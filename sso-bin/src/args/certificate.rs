//! `certificate`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sso_core::cert::Purpose;

use super::LoginArgs;

/// The subcommands of `certificate`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum CertificateCommand {
    /// Have an authority issue the certificate of the public address by itself (ACME).
    #[command(subcommand)]
    Acme(AcmeCommand),
    /// Use the certificate and key that wait.
    ActivateNext(CertificateActivateArgs),
    /// Take in a certificate and its key: PEM, DER, PKCS#12 (.p12, .pfx) or JKS.
    Import(Box<CertificateImportArgs>),
    /// Show which certificates are in use, and which wait.
    Show(CertificateShowArgs),
}

/// The subcommands of `certificate acme`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum AcmeCommand {
    /// No more. The certificate that was imported, or made at first, is used again.
    Off(AcmeOffArgs),
    /// From now on; for all servers, if this is one of a domain.
    On(Box<AcmeOnArgs>),
    /// Have a new certificate issued now, whatever the present one says.
    #[command(visible_alias = "now")]
    Renew,
    /// Show what was issued, when it is renewed, and what went wrong.
    Status,
}

/// Arguments of `certificate acme off`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct AcmeOffArgs {
    /// Save it without asking, for a server of a domain.
    #[arg(long)]
    pub yes: bool,

    /// Who does it, for a server of a domain.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `certificate acme on`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct AcmeOnArgs {
    /// The address of the authority's directory.
    #[arg(long, value_name = "URL")]
    pub directory: String,

    /// An e-mail address that the authority may write to.
    #[arg(long, value_name = "EMAIL")]
    pub contact: Option<String>,

    /// How the authority sees that the name is ours: tls-alpn-01 (it connects to port 443) or
    /// http-01 (it asks at port 80, and follows a redirection to the public address).
    #[arg(long, value_name = "CHALLENGE", default_value = "tls-alpn-01")]
    pub challenge: String,

    /// A file with the authorities that the directory is trusted by, as PEM. Default: those of the
    /// system.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// Agree to the authority's terms of service.
    #[arg(long, required = true)]
    pub accept_terms: bool,

    /// Save it without asking, for a server of a domain.
    #[arg(long)]
    pub yes: bool,

    /// Who does it, for a server of a domain.
    #[command(flatten)]
    pub login: LoginArgs,
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

Certificates that an authority issues and renews by itself, once for all servers of a domain:
  sso-connect certificate acme on --directory https://acme-v02.api.letsencrypt.org/directory \\
      --accept-terms
  sso-connect certificate acme status
";
