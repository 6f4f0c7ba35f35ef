//! Whom the domain knows of the users of a server of its own, before anything happens.

use std::sync::Arc;

use sso_core::user::AccountKey;
use sso_sync::administration::{AdministrationError, Administrator, unlock, users_of};
use sso_sync::link::HubClient;
use sso_sync::local::LocalUser;
use sso_sync::seal::{KeyRing, SealedUser};

use super::Joined;
use super::standalone::{OwnUsers, unreadable};
use crate::cli::Context;
use crate::failure::Failure;

/// The domain, as whoever asks sees it.
pub(super) enum Domain<'a> {
    Administrator(&'a Administrator),
    Server {
        client: Box<HubClient>,
        ring: Box<KeyRing>,
        name: String,
    },
}

impl<'a> Domain<'a> {
    pub(super) const fn of_administrator(administrator: &'a Administrator) -> Self {
        Self::Administrator(administrator)
    }

    pub(super) fn of_server(context: &Context, joined: &Joined) -> Result<Self, Failure> {
        let chain = joined.chain()?;
        let ring = unlock(&chain, &joined.statements, &joined.keys);
        let ring = ring.map_err(|error| Failure::because(error.to_string()))?;
        let link = context.hubs.link(&joined.address)?;
        Ok(Self::Server {
            client: HubClient::new(link, chain.domain(), Arc::clone(&joined.keys)).into(),
            name: chain.name().into(),
            ring: ring.into(),
        })
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Administrator(administrator) => administrator.chain().name(),
            Self::Server { name, .. } => name,
        }
    }

    async fn users_of(
        &self,
        accounts: &[AccountKey],
    ) -> Result<Vec<Option<SealedUser>>, AdministrationError> {
        match self {
            Self::Administrator(administrator) => administrator.users_of(accounts).await,
            Self::Server { client, ring, .. } => users_of(client, ring, accounts).await,
        }
    }
}

/// What is to be expected.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    /// They are there already, with this id and this secret.
    same: u64,
    /// The domain has a user of its own for them, with another secret.
    others: u64,
    /// Some of those, for people.
    examples: Vec<String>,
}

impl Forecast {
    /// Asks the hub for everybody.
    pub(super) async fn of(domain: &Domain<'_>, own: &OwnUsers) -> Result<Self, Failure> {
        let (mut forecast, mut place) = (Self::default(), 0);
        loop {
            let page = own.store.users_after(place, AT_ONCE).await;
            let page = page.map_err(|error| unreadable(&error))?;
            let Some(last) = page.last() else {
                return Ok(forecast);
            };
            place = last.place;
            let accounts: Vec<_> = page.iter().map(|it| it.user.account.clone()).collect();
            let known = domain.users_of(&accounts).await?;
            let pairs = page.iter().zip(&known);
            pairs.for_each(|(own, known)| forecast.count(own, known.as_ref()));
        }
    }

    fn count(&mut self, own: &LocalUser, known: Option<&SealedUser>) {
        let Some(known) = known else { return };
        if known.id() == &own.user.id && *known.secret() == own.secret {
            self.same += 1;
            return;
        }
        self.others += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(own.user.account.value.clone());
        }
    }

    /// In words.
    pub(super) fn text(&self, of: u64, domain: &str) -> String {
        let coming = of - self.same - self.others;
        let mut text =
            format!("Users of this server: {of}. {coming} come along with their secrets.");
        if self.same > 0 {
            text += &format!(" {} are in {domain} already, as they are here.", self.same);
        }
        if self.others > 0 {
            text += &format!(
                " {} are known to {domain} already, with secrets of its own: {}.",
                self.others,
                self.names()
            );
        }
        text + "\n"
    }

    fn names(&self) -> String {
        let names = self.examples.join(", ");
        match self.others > self.examples.len() as u64 {
            true => format!("{names} …"),
            false => names,
        }
    }

    /// Nobody loses a secret without a word.
    pub(super) fn ask(&self, context: &Context, domain: &str) -> Result<(), Failure> {
        if self.others == 0 {
            return Ok(());
        }
        let question = format!(
            "For {} users the secrets of {domain} count from now on: what applications encrypted for \
             them with the secrets of this server stays closed, and they sign in anew. Go on?",
            self.others
        );
        if !context.terminal.is_interactive() {
            return Err(Failure::unasked(
                &question,
                "add --dangerously-lose-old-secrets",
            ));
        }
        match context.terminal.confirm(&question, false)? {
            true => Ok(()),
            false => Err(Failure::refused(
                "no user was changed, and this server goes on as it was",
                "sso-connect serve; the old secrets stay in sso.sqlite3 as long as nobody removes it",
            )),
        }
    }
}

/// As many as fit into one question to the hub.
const AT_ONCE: usize = 1000;

/// As many are named.
const EXAMPLES: usize = 5;
