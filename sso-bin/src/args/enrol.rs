//! `enrol`.

use std::path::PathBuf;

use clap::Args;

use super::{HubOptions, OwnUsersOptions, SignInOptions};

/// Arguments of `enrol`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct EnrolArgs {
    /// Where the hub is.
    #[command(flatten)]
    pub hub: HubOptions,

    /// Who enrols it.
    #[command(flatten)]
    pub sign_in: SignInOptions,

    /// What the other servers and administrators call this server. Default: the name of this
    /// machine.
    #[arg(long, value_name = "NAME", env = "SSO_CONNECT_SERVER_NAME")]
    pub name: Option<String>,

    /// A file with an enrolment token in its first line, in place of an administrator. Also:
    /// SSO_CONNECT_TOKEN.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["email", "password_file", "code_file"])]
    pub token_file: Option<PathBuf>,

    /// A file with the answers to the questions, so that nothing is asked.
    #[arg(long, value_name = "FILE.toml")]
    pub answers: Option<PathBuf>,

    /// What becomes of the users of this server, if it was one of its own.
    #[command(flatten)]
    pub users: OwnUsersOptions,
}

pub(super) const HELP: &str = "\
Makes this server one of a domain: signs in at the hub, compares the versions, makes keys for this
server, adds it to the domain, takes over the configuration, and downloads the user data. Enter keeps
what is shown in brackets. Whatever interrupts it, give it again: it goes on where it was.

All servers of a domain run the same version. Bring the first one to the newest version before you
add another.

Nothing is asked if everything is given: each answer by an option, else by the environment, else by
the file of --answers, which may say

  hub = \"https://hub.example.com:8444\"
  domain = \"example\"
  email = \"alice@example.com\"
  name = \"sso2\"
  password_file = \"/run/secrets/password\"    # or token_file
  hub_ca = \"/etc/ssl/company.pem\"
  proxy = \"http://proxy.example.com:3128\"

An enrolment token (sso-connect tokens mint) takes the place of e-mail address and password for
machines that come and go; it works once.

A server of its own (sso-connect init) that joins a domain works with the configuration of the domain
from then on, and its users become users of the domain, with the same ids and secrets. Whom the
domain knows already, by the same name at the same identity provider, has the secret of the domain:
what applications encrypted for such a user with the secret of this server stays closed. How many
there are is said before anything of it is done, and asked; --dangerously-lose-old-secrets agrees
where there is nobody to ask. With --leave-users-behind no user is brought along at all. Stop the
server before. Its files are kept as config.toml.before-DOMAIN and sso.sqlite3.before-DOMAIN.";
