//! What later versions are going to find.

use std::path::Path;

use sso_sync::testkit::{Place as _, domain, kv};

use crate::place::Schema;

/// And writes it to where it is asked for.
#[tokio::test]
async fn a_dump_of_the_known_content_is_like_one_of_earlier_versions() {
    let place = Schema::fresh().await;
    let store = place.open().await;
    kv::write_known(&store).await;
    domain::write_known(&store).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.sql");
    place.dump(&file);
    if let Some(wanted) = std::env::var_os("SSO_SYNC_WRITES_KNOWN") {
        std::fs::copy(&file, Path::new("..").join(wanted)).unwrap();
    }

    kv::files_of_earlier_versions_are_read(Schema::restored(&file).await).await;
    domain::files_of_earlier_versions_are_read(Schema::restored(&file).await).await;
}
