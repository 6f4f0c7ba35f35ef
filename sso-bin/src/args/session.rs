//! `login`, `password`, `recover` and `two-factor`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{HubOptions, SignInOptions};

/// Arguments of `login`, and of every command that an administrator has to give.
#[derive(Args, Clone, Debug, Default)]
#[non_exhaustive]
pub struct LoginArgs {
    /// Where the hub is.
    #[command(flatten)]
    pub hub: HubOptions,

    /// Who signs in.
    #[command(flatten)]
    pub sign_in: SignInOptions,
}

/// The subcommands of `password`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum PasswordCommand {
    /// Choose a new password. Recovery code and second factor stay as they are.
    Change(PasswordChangeArgs),
}

/// Arguments of `password change`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct PasswordChangeArgs {
    /// A file with the new password in its first line. Also: SSO_CONNECT_NEW_PASSWORD.
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,

    /// Make a new recovery code as well; the old one is worthless then.
    #[arg(long)]
    pub new_recovery_code: bool,

    /// Who it is.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `recover`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct RecoverArgs {
    /// Where the hub is.
    #[command(flatten)]
    pub hub: HubOptions,

    /// E-mail address of the administrator.
    #[arg(long, value_name = "ADDRESS", env = "SSO_CONNECT_EMAIL")]
    pub email: Option<String>,

    /// A file with the recovery code in its first line. Also: SSO_CONNECT_RECOVERY_CODE.
    #[arg(long, value_name = "FILE")]
    pub recovery_code_file: Option<PathBuf>,

    /// A file with the new password in its first line. Also: SSO_CONNECT_NEW_PASSWORD.
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
}

/// The subcommands of `two-factor`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum TwoFactorCommand {
    /// Ask for no code any more; needs a code of the present authenticator.
    Off(LoginArgs),
    /// Set up an authenticator by QR code, in place of the present one if there is one.
    On(LoginArgs),
}

pub(super) const LOGIN_HELP: &str = "\
Signs an administrator in and keeps the session in the data folder, sealed, until it ends by itself
after an hour, or with sso-connect logout. Commands that need an administrator use it; without one
they sign in for themselves, and keep nothing.

Changing the password or the second factor, and deleting, need a sign-in of the last five minutes.";

pub(super) const RECOVER_HELP: &str = "\
For a forgotten password: the recovery code that was printed when the password was first chosen opens
the administrator's keys, and a new password and a new code take the place of the old ones. Whoever
finds a recovery code can do the same, so it belongs into a safe.";
