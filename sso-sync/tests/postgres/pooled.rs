//! The same promises behind PgBouncer, which hands out connections for a transaction each.

use std::time::Duration;

use sso_sync::store::postgres::PostgresStore;
use sso_sync::store::{DomainId, DomainStore as _, Mark};
use sso_sync::testkit::Place;

use crate::place::Schema;
use crate::servers::pgbouncer::PgBouncer;
use crate::servers::postgres::shared;

/// A schema, and a pooler in front of its server.
#[derive(Debug)]
struct Pooled {
    schema: Schema,
    pgbouncer: PgBouncer,
}

impl Place for Pooled {
    type Store = PostgresStore;

    async fn fresh() -> Self {
        Self {
            schema: Schema::fresh().await,
            pgbouncer: PgBouncer::start(&shared()),
        }
    }

    async fn open(&self) -> PostgresStore {
        let settings = self.schema.settings_through(&self.pgbouncer.address());
        PostgresStore::open(&settings).await.unwrap()
    }
}

mod level_1 {
    sso_sync::kv_store_tests!(
        super::Pooled,
        lacks {
            kill: "the pooler keeps nothing: it is killed without it",
            disk_full: "the pooler keeps nothing: the disk is filled without it",
            earlier_files: "the pooler keeps nothing: they are read without it",
        }
    );
}

mod level_2 {
    sso_sync::domain_store_tests!(
        super::Pooled,
        lacks {
            kill: "the pooler keeps nothing: it is killed without it",
            disk_full: "the pooler keeps nothing: the disk is filled without it",
            earlier_files: "the pooler keeps nothing: they are read without it",
        }
    );
}

/// It would hear nothing: whoever waits has to ask, and does.
#[tokio::test]
async fn nobody_listens_through_a_pooler() {
    let place = Pooled::fresh().await;
    let writing = place.open().await;
    let settings = place.schema.settings_through(&place.pgbouncer.address());
    // As long as the trial takes that nothing is heard in.
    let settings = settings.connect_timeout(Duration::from_secs(1));
    let waiting = PostgresStore::open(&settings).await.unwrap();
    let domain = DomainId::new([1; 32]);
    let patience = Duration::from_secs(3);
    waiting.changed(&domain, Mark::default(), patience).await;
    assert!(!waiting.is_listening());

    let (waited, written) = tokio::join!(
        waiting.changed(&domain, Mark::default(), DEADLINE),
        writing.append(&domain, 0, "genesis".into()),
    );
    written.unwrap();
    let head = waiting.head(&domain).await.unwrap();
    assert!(head.is_some(), "it has grown");
    waited
}

const DEADLINE: Duration = Duration::from_mins(1);
