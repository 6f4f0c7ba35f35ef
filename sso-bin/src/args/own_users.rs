//! What becomes of the users of a server of its own.

use clap::Args;

/// What becomes of the users of a server of its own that joins a domain.
#[derive(Args, Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct OwnUsersOptions {
    /// Leave the users of this server behind, if it was one of its own: the domain makes new
    /// secrets for them, and what applications encrypted with the old ones stays closed.
    #[arg(long)]
    pub leave_users_behind: bool,

    /// Go on, without being asked, if the domain knows users of this server already, with other
    /// secrets: those of the domain count, and what applications encrypted with the others stays
    /// closed.
    #[arg(long, conflicts_with = "leave_users_behind")]
    pub dangerously_lose_old_secrets: bool,
}
