//! A storage backend of one's own, and its proof.
//! `cargo run --example custom_store -- DIRECTORY` keeps an SSO domain in a directory of files, and
//! `cargo test --example custom_store` checks every promise of the contract.

use std::{env, error::Error, fs};

use sso_sync::store::{Batch, DomainId, DomainStore as _, OnKv, Record, RecordId};

mod directory;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it says what it did")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: custom_store DIRECTORY")?;
    fs::create_dir_all(&path)?;
    let store = OnKv::new(directory::Directory(path.into()));

    let domain = DomainId::new([7; 32]);
    if store.head(&domain).await?.is_none() {
        store
            .append(&domain, 0, "the first statement".into())
            .await?;
    }
    let head = store.head(&domain).await?.ok_or("the domain is there")?;
    let record = Record {
        id: RecordId::new([1; 32]),
        body: "sealed".into(),
    };
    let batch = Batch::new("signed".into(), vec![record]).ok_or("a batch has a record")?;
    let seq = store.commit(&domain, head.seq, batch).await?;
    println!("committed record {seq}");
    Ok(())
}

#[cfg(test)]
type Place = sso_sync::testkit::Folder<directory::Directory>;

#[cfg(test)]
mod level_1 {
    sso_sync::kv_store_tests!(
        super::Place,
        lacks {
            earlier_files: "this is the first version"
        }
    );
}

#[cfg(test)]
mod level_2 {
    type OnPlace = sso_sync::testkit::OnKvAt<super::Place>;
    sso_sync::domain_store_tests!(OnPlace);
}
