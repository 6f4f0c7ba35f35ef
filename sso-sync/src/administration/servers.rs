//! The servers of the domain: what the chain says of them, and what they tell themselves.

use bytes::Bytes;

use super::history::name_of;
use super::{AdministrationError, Administrator};
use crate::chain::Standing;
use crate::seal::{Member, MemberId};
use crate::status::ServerStatus;
use crate::wire::Beat;

/// A server of the domain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Server {
    /// Which.
    pub id: MemberId,
    /// Its name for people.
    pub name: String,
    /// The version of its program, as the chain has it.
    pub program: String,
    /// When it was added, in seconds since 1970 by the clock of who added it.
    pub since: u64,
    /// Who added it: the e-mail address of an administrator, or the name of a token.
    pub by: String,
    /// Its last beat.
    pub told: Told,
}

/// What the hub has of a server's own word.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Told {
    /// The hub gave something that the server did not sign, or that does not open.
    Disbelieved,
    /// It has not told anything yet.
    Nothing,
    /// Its last word, as far as the hub gives it out: it may be an old one.
    Status {
        /// What it says: version, revision, address, certificate, and when it said so.
        status: Box<ServerStatus>,
        /// How many records it was behind the hub.
        records_behind: u64,
        /// How many statements it was behind the hub.
        statements_behind: u64,
    },
}

impl Administrator {
    /// The servers that were not revoked, by name, with what they last told.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`] if the hub cannot be asked.
    pub async fn servers(&mut self) -> Result<Vec<Server>, AdministrationError> {
        self.refresh().await?;
        let beats = self.client().beats().await?;
        let beats: Vec<Beat> = beats.iter().filter_map(read).collect();
        let nodes = self.chain().nodes();
        let servers = nodes.map(|(standing, program)| self.server(standing, program, &beats));
        let mut servers: Vec<_> = servers.collect();
        servers.sort_by(|one, next| (&one.name, one.id).cmp(&(&next.name, next.id)));
        Ok(servers)
    }

    fn server(&self, standing: &Standing, program: &str, beats: &[Beat]) -> Server {
        let member = standing.member();
        let added = self.ledger().statement(standing.added());
        let added = added.map(|it| (it.time(), name_of(self.chain(), it.signer())));
        let (since, by) = added.unwrap_or_default();
        Server {
            id: member.id(),
            name: member.name().into(),
            program: program.into(),
            since,
            by,
            told: self.told(member, beats),
        }
    }

    fn told(&self, member: &Member, beats: &[Beat]) -> Told {
        let mut beats = beats.iter().filter(|it| it.body().node == member.id());
        match beats.next() {
            None => Told::Nothing,
            Some(beat) => self.believed(member, beat).unwrap_or(Told::Disbelieved),
        }
    }

    fn believed(&self, member: &Member, beat: &Beat) -> Option<Told> {
        let body = beat.body();
        let is_true = body.domain == self.domain() && beat.is_signed_by(member);
        let status = is_true.then(|| ServerStatus::open(self.ring(), body).ok())??;
        let (seq, statements) = (self.ledger().mark().seq.number(), self.chain().len());
        Some(Told::Status {
            status: Box::new(status),
            records_behind: seq.saturating_sub(body.head.seq.number()),
            statements_behind: statements.saturating_sub(body.chain.position.saturating_add(1)),
        })
    }
}

fn read(bytes: &Bytes) -> Option<Beat> {
    Beat::parse(bytes).ok()
}
