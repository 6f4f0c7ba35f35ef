//! Which stores are accepted.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use sso_sync::store::{BucketError, BucketStore, Ignored, S3Settings};

use crate::flawed::Flawed;

#[tokio::test]
async fn a_store_with_conditions_is_accepted_and_nothing_is_left() {
    let objects = Arc::new(InMemory::new());
    let store = BucketStore::over(Arc::<InMemory>::clone(&objects), "prefix");
    store.probe().await.unwrap();
    store.probe().await.unwrap();
    assert!(list_is_empty(&*objects).await);
}

#[tokio::test]
async fn a_store_that_would_lose_writes_is_refused_and_told_why() {
    for flaw in [
        Ignored::IfMatch,
        Ignored::IfNoneMatch,
        Ignored::Order,
        Ignored::Race,
        Ignored::Reading,
        Ignored::Tags,
    ] {
        let objects = Arc::new(Flawed::new(flaw));
        let store = BucketStore::over(Arc::<Flawed>::clone(&objects), "prefix");
        let refused = store.probe().await.unwrap_err();
        assert!(
            matches!(refused, BucketError::Unfit { ignored } if ignored == flaw),
            "{flaw:?}: {refused:?}"
        );
        assert!(list_is_empty(&*objects).await, "{flaw:?}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let settings = S3Settings::new("bucket")
        .credentials("id", "s3cr3t")
        .session_token("t0k3n");
    let shown = format!("{settings:?} {settings:#?}");
    assert!(shown.contains("bucket") && !shown.contains("s3cr3t") && !shown.contains("t0k3n"));
}

#[test]
fn an_endpoint_without_tls_is_refused_unless_it_is_asked_for() {
    let settings = S3Settings::new("bucket").endpoint("http://127.0.0.1:1");
    let refused = BucketStore::s3(&settings);
    assert!(matches!(refused, Err(BucketError::Settings(_))));
    assert!(BucketStore::s3(&settings.dangerously_without_tls()).is_ok());
}

async fn list_is_empty(objects: &dyn ObjectStore) -> bool {
    let listed = objects.list_with_delimiter(None).await.unwrap();
    listed.objects.is_empty() && listed.common_prefixes.is_empty()
}

#[cfg(feature = "system-tests")]
mod servers {
    use super::*;
    use crate::s3::{Bucket, make_bucket, server};
    use sso_sync::testkit::Place as _;

    #[tokio::test]
    async fn a_server_with_conditions_is_accepted() {
        let bucket = Bucket::fresh().await;
        bucket.open().await.probe().await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_ignores_if_none_match_is_refused() {
        let text = refused("SSO_TEST_S3_WITHOUT_CONDITIONS", Ignored::IfNoneMatch).await;
        assert!(
            text.contains("ignores the condition If-None-Match"),
            "{text}"
        );
        assert!(text.contains("use one that honours"), "{text}");
    }

    #[tokio::test]
    async fn a_server_that_ignores_if_match_is_refused() {
        let text = refused("SSO_TEST_S3_WITHOUT_IF_MATCH", Ignored::IfMatch).await;
        assert!(text.contains("ignores the condition If-Match"), "{text}");
    }

    async fn refused(variable: &str, expected: Ignored) -> String {
        let server = server(variable);
        make_bucket(server).await;
        let settings = Bucket::named("refused").await.settings(server);
        let error = BucketStore::s3(&settings)
            .unwrap()
            .probe()
            .await
            .unwrap_err();
        assert!(
            matches!(error, BucketError::Unfit { ignored } if ignored == expected),
            "{error:?}"
        );
        error.to_string()
    }
}
