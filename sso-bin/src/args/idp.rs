//! `idp`.

use clap::{Args, Subcommand, ValueEnum};

/// The subcommands of `idp`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum IdpCommand {
    /// Add an identity provider from its metadata.
    Add(Box<IdpAddArgs>),
    /// List the identity providers.
    List,
    /// Remove an identity provider. Its users and their secrets are kept; comments in config.toml
    /// are not.
    Remove {
        /// Its name.
        name: String,
    },
}

/// Arguments of `idp add`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct IdpAddArgs {
    /// Its name in addresses and settings: lower-case letters, digits and hyphens.
    pub name: String,

    /// Its metadata: a file, or an https:// address that is read once, now.
    #[arg(long, value_name = "FILE|URL")]
    pub metadata: String,

    /// Replace the identity provider that has this name. Comments in config.toml are lost.
    #[arg(long)]
    pub replace: bool,

    /// Which part of its responses must be signed.
    #[arg(long, value_enum, default_value_t)]
    pub require_signed: RequireSigned,

    /// How requests travel to it. Default: by redirect, if it takes that.
    #[arg(long, value_enum)]
    pub request_binding: Option<RequestBinding>,

    /// Name of its attribute with the given name. Default: First.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub first: Option<String>,

    /// Name of its attribute with the family name. Default: Last.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub last: Option<String>,

    /// Name of its attribute with the e-mail address. Default: Email.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub email: Option<String>,

    /// Name of its attribute with the groups. Default: Groups.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub groups: Option<String>,

    /// Accept sign-ins that begin at the identity provider. An attacker can then sign somebody
    /// in under the attacker's name.
    #[arg(long)]
    pub dangerous_accept_idp_initiated: bool,

    /// Accept signatures with SHA-1, which can be forged with effort.
    #[arg(long)]
    pub dangerous_accept_sha1: bool,

    /// Accept encryption in CBC mode, which can be read with effort.
    #[arg(long)]
    pub dangerous_accept_cbc: bool,
}

/// Which part of a response must be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RequireSigned {
    /// The assertion.
    Assertion,
    /// Both.
    Both,
    /// One of them, or both.
    #[default]
    Either,
    /// The response.
    Response,
}

/// How requests travel to an identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RequestBinding {
    /// In a form that submits itself.
    Post,
    /// In the address of a redirect.
    Redirect,
}
