//! Why something was not done, and what to do about it.

use super::{Part, SessionOverError};
use crate::admin::client::{RegisterError, SessionError, SignInError};
use crate::admin::wire::WireError;
use crate::admin::{AdministratorName, CryptographyFailed, DomainName};
use crate::chain::Refusal;
use crate::feed;
use crate::link::CallError;
use crate::seal::{MemberId, SealError};
use crate::store::DomainId;

/// Why something was not done. Unless it says otherwise, nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdministrationError {
    /// The account was not changed.
    #[error(transparent)]
    Account(#[from] SessionError),
    /// What the hub answered about an account makes no sense.
    #[error(transparent)]
    Answer(#[from] WireError),
    /// Others came first again and again.
    #[error("others change the domain all the time; try again in a moment")]
    Busy,
    /// The hub cannot be reached, or says no.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The hub gave a chain that is not the domain's.
    #[error(
        "the hub gives out an authority chain that is not believed, from statement {position} on: \
         {refusal}. Nothing was changed; compare with another server, and tell whoever runs the hub"
    )]
    Chain {
        /// Where it stops being believed.
        position: u64,
        /// Why.
        refusal: Refusal,
    },
    /// A code is needed and none was given.
    #[error("this administrator has a second factor: a code is needed")]
    CodeNeeded,
    /// The cryptography library refused its work.
    #[error(transparent)]
    Cryptography(#[from] CryptographyFailed),
    /// The hub gave an end of the user feed that no server signed.
    #[error(
        "the hub gives out an end of the user feed that is not believed: {0}. Nothing was changed; \
         tell whoever runs the hub"
    )]
    Feed(#[from] feed::Refusal),
    /// The hub shows another history than before.
    #[error(
        "the hub shows another history of the domain than it showed before (statement {position} is \
         a different one): the hub is hostile, or was put together from two backups. Nothing was \
         changed; tell whoever runs the hub"
    )]
    Fork {
        /// The first place that is known to differ.
        position: u64,
    },
    /// The hub has less than it had.
    #[error(
        "the hub has gone back to an earlier state of the domain ({found} statements, {known} were \
         there before): it was restored from a backup, or is hostile. A running server of the \
         domain brings the rest back by itself; try again then"
    )]
    HubWentBack {
        /// How many statements it has.
        found: u64,
        /// How many were there.
        known: u64,
    },
    /// The administrator lacks a permission.
    #[error(
        "this needs the permission {0}, which this administrator does not have; ask an \
         administrator who has it"
    )]
    Lacks(&'static str),
    /// Another server has the name.
    #[error(
        "the domain has a server named {name} already (id {id}); choose another name, or revoke \
         that server first if it is gone"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// Who has it.
        id: MemberId,
    },
    /// The password is right, but the domain does not know the keys.
    #[error(
        "{administrator} has a password at the hub but is no administrator of the domain \
         {domain} yet; ask the administrator who sent the invitation to add {administrator}"
    )]
    NoAdministrator {
        /// Who.
        administrator: AdministratorName,
        /// Where.
        domain: DomainName,
    },
    /// The invitation does not say for which domain it is.
    #[error(
        "this invitation does not say which domain it is for: it is one to begin a domain with, or \
         the hub's operator minted it. An administrator of the domain has to send one"
    )]
    NoDomain,
    /// The configuration is of a newer schema.
    #[error(
        "the domain works with schema {domain}, this program knows {known} at most; install the \
         version that the other servers run"
    )]
    NewerSchema {
        /// The newest that this program knows.
        known: u64,
        /// The domain's.
        domain: u64,
    },
    /// The name belongs to a domain with another name in its first statement.
    #[error(
        "the hub gives out the domain {found} under the name {expected}; the hub is hostile or \
         damaged, nothing of it was used"
    )]
    OtherName {
        /// What was asked for.
        expected: DomainName,
        /// What the first statement says.
        found: String,
    },
    /// All servers of a domain run the version that the policy names.
    #[error(
        "this is version {program}, the domain works with {}; nothing was changed. {}",
        versions(from, to),
        remedy(program, to)
    )]
    OutsidePolicy {
        /// This program.
        program: String,
        /// What the policy names.
        from: String,
        /// What the policy names as well.
        to: String,
    },
    /// What was to be stated would not count.
    #[error(transparent)]
    Refused(Refusal),
    /// The password was not registered.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Nobody who holds the invitation says that these are the keys.
    #[error(
        "{0} has registered keys that the invited person did not confirm: this invitation was not \
         the one that was used, or the hub slips in keys of its own. Nobody was added; send another \
         invitation"
    )]
    NotIntroduced(AdministratorName),
    /// Nobody of that name has registered.
    #[error("{0} has not used the invitation yet; nobody was added")]
    NotRegistered(AdministratorName),
    /// There is no window that could be closed.
    #[error(
        "no upgrade is under way: all servers of the domain run version {0}. To begin one: \
         sso-connect upgrade start --to VERSION"
    )]
    NoUpgrade(String),
    /// Servers would be left behind.
    #[error(
        "these servers do not run version {to}: {}. Install it there and start them again; servers \
         that are gone for good are revoked (sso-connect servers revoke NAME), and one that cannot \
         be started now is left behind with --even-without NAME: it goes on serving known users, \
         writes nothing, and catches up when it runs version {to}",
        servers.join(", ")
    )]
    NotUpdated {
        /// The version that they are to run.
        to: String,
        /// Each with its version.
        servers: Vec<String>,
    },
    /// Only the new version knows in what it writes.
    #[error(
        "this is version {program}, and only version {to} knows in which schema it writes: run the \
         command with version {to}"
    )]
    OtherProgram {
        /// This program.
        program: String,
        /// The version to which the servers go.
        to: String,
    },
    /// The administrator or server was revoked.
    #[error("{0} was revoked and does not belong to the domain any more; it needs new keys")]
    Revoked(MemberId),
    /// Something does not open or cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The session that was kept is over.
    #[error(transparent)]
    SessionOver(#[from] SessionOverError),
    /// What was asked for needs a fresh sign-in.
    #[error("this needs a sign-in of the last five minutes; sign in again")]
    SignInAgain,
    /// Nobody is signed in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The password belongs to another beginning of the domain.
    #[error(
        "the invitation was used, and its password opens the keys of the domain {found}, not those \
         that are kept here ({kept}); continue where it was used, or ask for new invitations"
    )]
    StartedElsewhere {
        /// In the envelope.
        found: DomainId,
        /// In what is kept here.
        kept: DomainId,
    },
    /// There is nothing to upgrade to.
    #[error("the servers of the domain run version {0} already; there is nothing to upgrade to")]
    SameVersion(String),
    /// A server would be shut out.
    #[error(
        "the server {name} runs version {program}, which would not be one of the domain's any more; \
         update or revoke it first"
    )]
    ShutsOut {
        /// The server.
        name: String,
        /// The version of its program.
        program: String,
    },
    /// A server that runs is not left behind.
    #[error(
        "{0} told about itself within the last ten minutes: it runs, so update it (install the \
         version, start it again), or stop it first and wait ten minutes"
    )]
    StillAlive(String),
    /// The token ended with its epoch.
    #[error(
        "the enrolment token ended when the domain's keys were changed (a server or administrator \
         was revoked, or a new key epoch was started); mint another one"
    )]
    TokenEnded,
    /// The hub does not let the token in.
    #[error(
        "the hub does not accept the enrolment token: {0}. If it was used, withdrawn, or has \
         expired, mint another one"
    )]
    TokenRefused(String),
    /// The configuration does not fit into a statement.
    #[error(
        "the configuration has {bytes} bytes, and there is room for {limit}. The largest parts are \
         {}. Leave out what is not needed, such as old certificates or descriptions in the metadata \
         of identity providers: sso-connect config edit",
        Part::list(largest)
    )]
    TooLarge {
        /// How many it has, sealed.
        bytes: usize,
        /// How many it may have.
        limit: usize,
        /// What takes the most room, the largest part first.
        largest: Vec<Part>,
    },
    /// The token was used.
    #[error("the enrolment token was used already, for another server; mint another one")]
    TokenSpent,
    /// The domain never heard of the token.
    #[error("the domain has no such enrolment token; mint another one")]
    TokenUnknown,
    /// The token was withdrawn.
    #[error("the enrolment token was withdrawn; mint another one")]
    TokenWithdrawn,
    /// There is no such revision.
    #[error("there is no revision {wanted} of the configuration; the newest is {newest}")]
    UnknownRevision {
        /// What was asked for.
        wanted: u64,
        /// The newest.
        newest: u64,
    },
    /// There is no such member.
    #[error("{0} is not there, or something else; list what there is and choose again")]
    UnknownMember(MemberId),
    /// One upgrade after the other.
    #[error(
        "an upgrade from {from} to {to} is under way: end it first (sso-connect upgrade finalize), \
         or give it up (sso-connect upgrade abort)"
    )]
    UpgradeUnderWay {
        /// Where servers come from.
        from: String,
        /// Where they go to.
        to: String,
    },
    /// An administrator cannot revoke the own keys.
    #[error("an administrator is revoked by another one; ask one who has the permission")]
    Yourself,
}

fn versions(from: &str, to: &str) -> String {
    if from == to {
        format!("version {from}")
    } else {
        format!("versions {from} and {to} until its upgrade is over")
    }
}

fn remedy(program: &str, to: &str) -> String {
    format!(
        "Either install version {to} here, or open a window in which servers of version {program} \
         join too, on a server of the domain: sso-connect upgrade start --to {program}"
    )
}
