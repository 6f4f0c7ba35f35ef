//! Where the hub is, and who signs in there.

use std::path::PathBuf;

use clap::Args;

/// Where the hub is. What is not given comes from domain.toml, and is asked for otherwise.
#[derive(Args, Clone, Debug, Default)]
#[non_exhaustive]
pub struct HubOptions {
    /// The hub: https://HOST or https://HOST:PORT.
    #[arg(long, value_name = "URL", env = "SSO_CONNECT_HUB")]
    pub hub: Option<String>,

    /// The domain.
    #[arg(long, value_name = "NAME", env = "SSO_CONNECT_DOMAIN")]
    pub domain: Option<String>,

    /// Certificates, as PEM, of the authorities that are trusted for the hub as well: an authority
    /// of your own, or the one of a proxy that inspects TLS.
    #[arg(long, value_name = "FILE", env = "SSO_CONNECT_HUB_CA")]
    pub hub_ca: Option<PathBuf>,

    /// The proxy that leads to the hub: http://HOST:PORT, https://… or socks5h://…; `none` for
    /// none, whatever HTTPS_PROXY says. With a user name and a password give it in the environment,
    /// as SSO_CONNECT_PROXY.
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
}

/// Who signs in. What is not given is asked for.
#[derive(Args, Clone, Debug, Default)]
#[non_exhaustive]
pub struct SignInOptions {
    /// E-mail address of the administrator.
    #[arg(long, value_name = "ADDRESS", env = "SSO_CONNECT_EMAIL")]
    pub email: Option<String>,

    /// A file with the administrator's password in its first line. Also: SSO_CONNECT_PASSWORD.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// A file with a code of the second factor in its first line. Also: SSO_CONNECT_CODE.
    #[arg(long, value_name = "FILE")]
    pub code_file: Option<PathBuf>,
}
