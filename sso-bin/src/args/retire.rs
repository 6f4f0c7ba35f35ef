//! `retire` and `servers retire`.

use std::time::Duration;

use clap::Args;

use super::drain::parse_notice;
use super::{LoginArgs, Output};

/// Arguments of `retire`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct RetireArgs {
    /// How many other servers have to be complete and alive.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub remaining: usize,

    /// Retire it although no other server has all users: from then on nobody signs in.
    #[arg(long)]
    pub even_the_last: bool,

    /// How long to serve while load balancers notice, as for `drain`.
    #[arg(long, value_name = "TIME", value_parser = parse_notice)]
    pub notice: Option<Duration>,

    /// Remove the copy of the users as well; without it, it is kept, and cannot be read.
    #[arg(long)]
    pub remove_data: bool,

    /// Retire without asking.
    #[arg(long)]
    pub yes: bool,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who retires it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `servers retire`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ServersRetireArgs {
    /// Its name, or the beginning of its id.
    pub server: String,

    /// How many other servers have to be complete and alive.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub remaining: usize,

    /// Retire it although no other server has all users: from then on nobody signs in.
    #[arg(long)]
    pub even_the_last: bool,

    /// Retire it although it still runs.
    #[arg(long)]
    pub running: bool,

    /// Retire without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who retires it.
    #[command(flatten)]
    pub login: LoginArgs,
}

pub(super) const HELP: &str = "\
Give it on the server that goes. What happens, in this order:
  1. An administrator signs in, and the hub says what the other servers told last: at least one
     (--remaining) has to be alive, with every user and the newest configuration.
  2. You are asked.
  3. The server leaves as with `drain`: no request is cut off.
  4. It says goodbye with its own keys, and the others get new ones. Who is signed in stays signed in
     there, and who has signed out stays so.
  5. Its keys are overwritten and removed. The copy of the users goes to the folder retired, where
     nobody can read the secrets any more; --remove-data removes it.
  6. You are told what is left to do for others: load balancer, DNS, backups.

If something fails before step 4, the server is still one of the domain: start it again. After that
the command can be given again until everything is done.

Sessions of before go on at the others for as long as they last (at most 24 hours). Whoever has the
keys of this server could make up such sessions until then. So destroy snapshots and backups of its
disk, and keys on a PKCS#11 token, which stay there. If its keys may be in other hands, do not retire
it: `sso-connect servers revoke` ends all sessions in seconds, also after this command.";

pub(super) const ANOTHER_HELP: &str = "\
Use it for a server that ended, or will not come back. It cannot say goodbye, so nobody knows who has
its keys: who is signed in signs in again. On one that can still be reached, `sso-connect retire` does
more: it lets it leave, destroys its keys, and leaves everybody signed in.";
