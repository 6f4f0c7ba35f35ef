//! What says that it may be time to look again.

use std::sync::Arc;
use std::time::Duration;

use super::{KvPlace, create, read};
use crate::store::KvStore;
use crate::testkit::in_time;

/// On this handle and on a second one, or waiting ends: who looks after each hint finds it.
pub async fn a_change_is_noticed<P: KvPlace>(place: P) {
    let handles = [Arc::new(place.open().await), Arc::new(place.open().await)];
    for round in 0..3 {
        let key = format!("watched/{round}");
        let waiters = handles.clone().map(|store| {
            let key = key.clone();
            tokio::spawn(async move { wait_for(&*store, &key).await })
        });
        tokio::task::yield_now().await;
        let [writer, _] = &handles;
        create(&**writer, &key, "value").await;
        for waiter in waiters {
            let noticed = in_time("a change is noticed", waiter).await;
            noticed.expect("a waiter comes to its end");
        }
    }
}

/// After the time that was asked for, whatever happens.
pub async fn waiting_ends<P: KvPlace>(place: P) {
    let store = place.open().await;
    for max_wait in [Duration::ZERO, Duration::from_millis(20)] {
        in_time("waiting ends", store.changed("quiet/", max_wait)).await;
        in_time("waiting ends", store.changed("", max_wait)).await;
    }
}

/// Looks after each hint, as callers do.
async fn wait_for(store: &dyn KvStore, key: &str) {
    while read(store, key).await.is_none() {
        store.changed("watched/", Duration::from_secs(5)).await;
    }
}
