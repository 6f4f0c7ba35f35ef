//! Where etcd keeps what one test stores.

use sso_sync::store::{EtcdSettings, EtcdStore};
use sso_sync::testkit::Place;

use crate::earlier;
use crate::server::{Options, Server};
use crate::unique::unique;

/// A prefix of a server that all tests share; with `small`, of one of its own.
#[derive(Debug)]
pub(crate) struct Etcd {
    prefix: String,
    own: Option<Server>,
}

impl Etcd {
    /// Its settings, for a server at this address.
    pub(crate) fn settings(&self, address: &str) -> EtcdSettings {
        EtcdSettings::new([address])
            .below(&self.prefix)
            .dangerously_without_tls()
    }

    fn address(&self) -> String {
        match &self.own {
            Some(server) => server.address(),
            None => shared(),
        }
    }
}

impl Place for Etcd {
    type Store = EtcdStore;

    async fn fresh() -> Self {
        Self {
            prefix: format!("{}/", unique()),
            own: None,
        }
    }

    async fn open(&self) -> EtcdStore {
        let settings = self.settings(&self.address());
        EtcdStore::connect(&settings).await.expect("etcd is there")
    }

    fn name(&self) -> Option<String> {
        Some(self.prefix.clone())
    }

    async fn named(name: &str) -> Self {
        Self {
            prefix: name.into(),
            own: None,
        }
    }

    async fn small(bytes: u64) -> Option<Self> {
        let quota = EMPTY + bytes;
        let options = Options::default().with_quota(quota);
        Some(Self {
            own: Some(Server::start(options).await),
            ..Self::fresh().await
        })
    }

    async fn earlier() -> Vec<Self> {
        let place = Self::fresh().await;
        earlier::put(&place.prefix).await;
        vec![place]
    }

    /// What is there fits the new quota, and an operator says so.
    async fn enlarge(&self) {
        let server = self.own.as_ref().expect("a server of its own");
        server.kill();
        server.start_again(Options::default()).await;
        server.disarm().await;
    }
}

/// The server that all tests share.
pub(crate) fn shared() -> String {
    let address = std::env::var("SSO_TEST_ETCD");
    address.expect(".ci/with-servers starts etcd and says where it is")
}

/// What an etcd takes that has no keys yet, in bytes.
const EMPTY: u64 = 256 * 1024;
