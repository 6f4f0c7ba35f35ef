//! Both levels in a PostgreSQL database, for hubs of several processes and for those who have
//! outgrown one machine.
//!
//! PostgreSQL 14 or later, directly or through a pooler such as PgBouncer, also one that hands out
//! transactions: every call is one statement or a few that need no common connection. What else
//! the database holds is left alone: the tables stand in a schema of their own, and bring
//! themselves to the version of the program.
//!
//! A commit takes the row of its domain first, so the commits of a domain happen one after the
//! other, and those of different domains side by side. An answer is given only after the server
//! has written the commit to its disk, even where the database was set up to be less careful.
//!
//! Other processes hear of a commit at once, by `NOTIFY`, and by asking once a second where that
//! does not work.

mod address;
mod chain;
mod compact;
mod error;
mod feed;
mod level_1;
mod level_2;
mod link;
mod listen;
mod live;
mod look;
mod schema;
mod settings;
mod tell;
mod tls;
mod watch;

use std::sync::Arc;

use sso_core::StoreError;

pub use error::PostgresOpenError;
pub use settings::{Notifications, PostgresSettings};

use link::Link;
use watch::Watch;

/// Keeps everything in a PostgreSQL database.
///
/// Any number of processes may open one database. Clones share their connections, and so the news
/// that they wait for; dropping the last closes them. Needs a Tokio runtime.
#[derive(Clone, Debug)]
pub struct PostgresStore(Arc<Inner>);

/// What the clones of a store share.
#[derive(Debug)]
struct Inner {
    watch: Watch,
    link: Arc<Link>,
}

impl PostgresStore {
    /// Connects, and makes the tables or brings them to the version of this program.
    ///
    /// A connection that is lost later is made anew by the next call that needs it.
    ///
    /// # Errors
    ///
    /// A [`PostgresOpenError`]; nothing has been changed then.
    pub async fn open(settings: &PostgresSettings) -> Result<Self, PostgresOpenError> {
        let settings = settings.resolve()?;
        let server = &settings.server;
        let link = Link::new(&settings).map_err(|it| PostgresOpenError::of(server, it))?;
        schema::prepare(&link, server).await?;
        let link = Arc::new(link);
        let watch = Watch::new(&link, &settings);
        Ok(Self(Arc::new(Inner { watch, link })))
    }

    /// Whether this handle hears at once of what other processes write: somebody waits, and the
    /// server's words arrive. Otherwise those who wait learn of it within a second or so.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.watch().is_listening()
    }

    fn link(&self) -> &Link {
        &self.0.link
    }

    fn watch(&self) -> &Watch {
        &self.0.watch
    }

    async fn is_healthy(&self) -> Result<(), StoreError> {
        let rows = self.link().read(HEALTH, &[]).await?;
        match rows.first() {
            Some(_) => Ok(()),
            None => Err(StoreError::unavailable("the tables are gone")),
        }
    }
}

const HEALTH: &str = "SELECT version FROM {schema}.schema_version";
