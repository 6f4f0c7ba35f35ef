//! `domain`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::servers::parse_duration;
use super::{HubOptions, LoginArgs, Output, OwnUsersOptions, SignInOptions};

/// The subcommands of `domain`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum DomainCommand {
    /// Build the domain anew on another hub, from this server's copy: the hub of before is lost.
    #[command(after_long_help = ADOPT_HELP)]
    Adopt(Box<DomainAdoptArgs>),
    /// Take back that the domain is going to be deleted, or that it was.
    CancelDeletion(LoginArgs),
    /// Delete the domain, after the time that was announced.
    #[command(after_long_help = DELETE_HELP)]
    ConfirmDeletion(DomainConfirmArgs),
    /// Announce that the domain is going to be deleted.
    #[command(after_long_help = DELETE_HELP)]
    Delete(DomainDeleteArgs),
    /// Write everything of the domain into one sealed file.
    #[command(after_long_help = EXPORT_HELP)]
    Export(DomainExportArgs),
    /// Begin a domain, with this server as its first one.
    #[command(after_long_help = FOUND_HELP)]
    Found(Box<FoundArgs>),
    /// Make a server of its own from a file that `export` wrote.
    #[command(after_long_help = EXPORT_HELP)]
    Import(DomainImportArgs),
    /// Make this server one of its own, with all users of the domain.
    Leave(DomainLeaveArgs),
    /// Ask for the hub at another address from now on.
    #[command(after_long_help = MOVE_HUB_HELP)]
    MoveHub(DomainMoveHubArgs),
    /// Show two histories of the domain, and choose which one goes on.
    #[command(after_long_help = SETTLE_HELP)]
    Settle(DomainSettleArgs),
    /// Show which domain it is, and whether somebody wants it deleted.
    Status(DomainStatusArgs),
}

/// Arguments of `domain delete`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct DomainDeleteArgs {
    /// How long everybody has to take it back: 7d to 90d.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_grace)]
    pub grace: Duration,

    /// Why, for everybody who is told. Also: SSO_CONNECT_REASON. Otherwise it is asked for.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// The name of the domain, instead of being asked for it.
    #[arg(long, value_name = "NAME")]
    pub yes_delete: Option<String>,

    /// Who announces it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `domain confirm-deletion`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct DomainConfirmArgs {
    /// The name of the domain, instead of being asked for it.
    #[arg(long, value_name = "NAME")]
    pub yes_delete: Option<String>,

    /// Who confirms it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `domain status`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct DomainStatusArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who asks, if no server runs here.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `domain leave`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct DomainLeaveArgs {
    /// The name of the domain, instead of being asked for it.
    #[arg(long, value_name = "NAME")]
    pub yes_leave: Option<String>,

    /// Leave though the hub answers and serves the domain: what the other servers write from then
    /// on is missing here, and the other way round.
    #[arg(long)]
    pub although_the_hub_serves_it: bool,
}

/// Arguments of `domain move-hub`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct DomainMoveHubArgs {
    /// The hub: https://HOST or https://HOST:PORT.
    #[arg(value_name = "URL")]
    pub hub: String,

    /// Certificates, as PEM, of the authorities that are trusted for it as well. Default: as
    /// before.
    #[arg(long, value_name = "FILE")]
    pub hub_ca: Option<PathBuf>,

    /// The proxy that leads to it; `none` for none. With a user name and a password give it in the
    /// environment, as SSO_CONNECT_PROXY. Default: as before.
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
}

/// Arguments of `domain settle`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct DomainSettleArgs {
    /// Which history goes on. Without it both are shown, and a person is asked.
    #[arg(long, value_enum, value_name = "SIDE")]
    pub keep: Option<Keep>,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who decides.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Which of two histories goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::exhaustive_enums, reason = "there are two sides")]
pub enum Keep {
    /// What this server holds; the hub has it as well, or is given it.
    Here,
    /// What the hub holds; this server takes it over, and adds what only it has.
    Hub,
}

/// Arguments of `domain adopt`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct DomainAdoptArgs {
    /// How it leaves the domain of before.
    #[command(flatten)]
    pub leave: DomainLeaveArgs,

    /// How the domain begins anew.
    #[command(flatten)]
    pub found: FoundArgs,
}

/// Arguments of `domain export`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct DomainExportArgs {
    /// The file to write.
    pub file: PathBuf,

    /// A file with the passphrase in its first line; 12 characters or more. Also:
    /// SSO_CONNECT_PASSPHRASE.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,

    /// Put it in place of a file that is there.
    #[arg(long)]
    pub replace: bool,
}

/// Arguments of `domain import`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct DomainImportArgs {
    /// The file that `export` wrote.
    pub file: PathBuf,

    /// A file with the passphrase in its first line. Also: SSO_CONNECT_PASSPHRASE.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// The time in which a deletion can be taken back.
fn parse_grace(text: &str) -> Result<Duration, String> {
    let grace = parse_duration(text)?;
    match (SHORTEST_GRACE..=LONGEST_GRACE).contains(&grace) {
        true => Ok(grace),
        false => Err("from 7d to 90d".into()),
    }
}

/// As the rules of the chain have it.
const SHORTEST_GRACE: Duration = Duration::from_hours(7 * 24);
const LONGEST_GRACE: Duration = Duration::from_hours(90 * 24);

const ADOPT_HELP: &str = "\
For a hub that is lost for ever, or that denies the domain. Nothing has to be hurried: without a hub
every server goes on signing in whom it knows, for ever. Whoever runs the new hub gives
  sso-connect hub domain create NAME --administrator ADDRESS
and hands over the text that it prints. This command, with the server stopped, looks whether the copy
is whole and as it was signed, makes a domain of it with keys of its own on the new hub, and brings the
users along: same ids, same secrets, same configuration. The administrators of before are gone with
their hub: the first one chooses a password, and invites the others.

Choose the server that has the most: sso-connect status on each tells how many users are there. Give
it on that one only.

If it is interrupted, give it again. At the end it prints the commands for the other servers: they join
with sso-connect enrol, in empty folders.";

const MOVE_HUB_HELP: &str = "\
Before anything is changed, this server asks there with its own keys: the hub has to serve the domain,
with the authority chain that this server holds, or an earlier part of it (a restored backup: the
servers give it back what it lost). Then domain.toml is written, at once and whole. A running server
asks at the old address until it is started anew. Give the command at every server.";

const SETTLE_HELP: &str = "\
When a backup of a hub was put back while servers that had more were away, or a hub lies, two
histories of the domain can come to exist. A server that finds out says so, goes on signing in whom it
knows, and writes nothing until a person chooses.

--keep hub: this server takes over the history of the hub, whole and proven, while sign-ins go on; the
users whom only this server had are added to it, with the same ids and secrets. What is on both sides
in another state stays as the hub has it, and is listed. Give it at every server of the other side.
--keep here: what this server holds goes on. The hub has to hold the same, or less.

Both ask for password and second factor of an administrator with the permission SSO. If the authority
chain itself forked (two configurations with one number, say), a server of the other side leaves the
domain and joins anew: sso-connect domain leave, sso-connect enrol. Its users come along.";

const EXPORT_HELP: &str = "\
The file holds the authority chain, the newest configuration with its keys, and every user with the
secret, sealed under a passphrase (Argon2id, AES-256-GCM). It is written while the server runs, for its
owner alone, from a copy that was verified before; and read to its end before an import changes
anything. An import makes a server of its own in an empty folder; sso-connect domain found makes a
domain of that, with the same ids and secrets.";

const DELETE_HELP: &str = "\
Deleting takes two steps and at least a week: `domain delete` announces it, `domain confirm-deletion`
confirms it once the time is over. Both ask for password and second factor, whoever is signed in, show
servers and users, and want the name of the domain typed. Meanwhile everything works, every console
says what is going to happen, and any administrator takes it back:
  sso-connect domain cancel-deletion
After it was confirmed nothing is written any more. Users who are known go on signing in at the servers
that run. The hub keeps what it has for 30 days, in which it can still be taken back.

To move to another server, or to another name, nothing has to be deleted.";

/// Arguments of `domain found`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct FoundArgs {
    /// A file with the text that `sso-connect hub domain create` printed. Also:
    /// SSO_CONNECT_FOUNDING. Otherwise it is asked for.
    #[arg(long, value_name = "FILE")]
    pub founding_file: Option<PathBuf>,

    /// What the other servers and administrators call this server. Default: the name of this
    /// machine.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Where the hub is, if not where the text says.
    #[command(flatten)]
    pub hub: HubOptions,

    /// The password of the first administrator, which is chosen now.
    #[command(flatten)]
    pub sign_in: SignInOptions,

    /// A file to write the recovery code to, for when nobody looks at the screen. It must not be
    /// there yet; only its owner can read it.
    #[arg(long, value_name = "FILE")]
    pub recovery_code_file: Option<PathBuf>,

    /// What becomes of the users of this server, if it was one of its own.
    #[command(flatten)]
    pub users: OwnUsersOptions,
}

const FOUND_HELP: &str = "\
Whoever runs the hub gives this command for a new domain and its first administrator, and hands over
the one long word that it prints:
  sso-connect hub domain create NAME --administrator ADDRESS

This command chooses the administrator's password, makes the keys of the domain, which the hub never
sees, prints the recovery code (once: it belongs into a safe), and makes this server the first of
the domain.

If this server had a configuration of its own (sso-connect init), it becomes the first revision of
the domain's, and its users become users of the domain: with the same ids, the same secrets and what
is known about them. Whoever is signed in stays signed in. Stop the server before, and start it
afterwards; until the command is done it can be started as it was.

If it is interrupted, give it again with the same text and password: it goes on where it was.

Then: sso-connect config set base_url https://HOST:PORT, sso-connect serve.";
