//! Asking how far the domains have grown for which somebody waits.

use std::sync::Arc;
use std::time::Duration;

use sso_core::StoreError;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::chain::mark;
use super::link::{Link, Value, column};
use super::tell::News;
use super::watch::Board;
use crate::store::DomainId;

/// Asks once a second, and whenever something may have been missed, for ever.
pub(super) async fn run(link: Arc<Link>, board: Arc<Board>) {
    let mut gaps = board.gaps();
    loop {
        // The database may be away for a while; the next turn asks again.
        let _ = look(&link, &board).await;
        let _ = timeout(EVERY, gaps.changed()).await;
    }
}

async fn look(link: &Link, board: &Board) -> Result<(), StoreError> {
    let watched = board.watched();
    if watched.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = watched.iter().map(|id| &id.as_bytes()[..]).collect();
    for row in link.read(MARKS, &[Value::BytesList(&ids)]).await? {
        board.post(news(&row)?);
    }
    Ok(())
}

fn news(row: &Row) -> Result<News, StoreError> {
    let id = <[u8; 32]>::try_from(column::<&[u8]>(row, 2)?).map_err(StoreError::corrupt)?;
    Ok(News::Domain(DomainId::new(id), mark(row, 0)?))
}

/// How often is asked.
pub(super) const EVERY: Duration = Duration::from_secs(1);

const MARKS: &str = "SELECT statements, seq, id FROM {schema}.domains WHERE id = ANY ($1)";
