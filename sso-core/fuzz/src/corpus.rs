//! Where mutations begin: what identity providers have sent, and what our own fake makes.
//!
//! The files are in `corpus/` beside this crate. `captured/` and `made/` have a folder for each
//! sign-in: the response, the metadata of the provider, and the moment. `documents/` has odd XML,
//! `queries/` signed queries of the redirect binding, `signed/` other messages, `configurations/` what administrators write.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sso_core::UnixTime;
use sso_core::config::{IdentityProvider, IdpName, Service};
use sso_core::saml::metadata::IdpMetadata;
use sso_core::saml::{Assertion, PendingRequest, Rejection, Verified, Verifier};
use sso_core::signature::VerifyingKey;
use sso_core::xml::{Document, Limits};

/// A sign-in that somebody was given, with all that is needed to look at it again.
#[derive(Debug)]
pub struct Exchange {
    name: String,
    response: Vec<u8>,
    metadata: Vec<u8>,
    at: UnixTime,
    service: Service,
    provider: IdentityProvider,
    pending: PendingRequest,
}

impl Exchange {
    /// Every sign-in of the corpus, by name.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &EXCHANGES
    }

    /// The name of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the provider sent.
    #[must_use]
    pub fn response(&self) -> &[u8] {
        &self.response
    }

    /// What the provider published.
    #[must_use]
    pub fn metadata(&self) -> &[u8] {
        &self.metadata
    }

    /// When it was sent.
    #[must_use]
    pub const fn at(&self) -> UnixTime {
        self.at
    }

    /// What every message that answers this request has in it.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.pending.id
    }

    /// The keys of the provider.
    #[must_use]
    pub fn keys(&self) -> &[VerifyingKey] {
        self.provider.keys()
    }

    /// Takes in `response` as the service would have at that moment.
    ///
    /// # Errors
    ///
    /// The [`Rejection`].
    pub fn verify(&self, response: &[u8]) -> Result<Verified<Assertion>, Rejection> {
        let providers = std::slice::from_ref(&self.provider);
        Verifier::new(&self.service, providers, &[]).verify(response, Some(&self.pending), self.at)
    }

    fn read(folder: &Path) -> Self {
        let file = |name| fs::read(folder.join(name)).expect("a file of the corpus");
        let (response, metadata) = (file("response.xml"), file("metadata.xml"));
        let at = String::from_utf8(file("at")).unwrap();
        let at = UnixTime::from_secs(at.trim().parse().unwrap());
        let document = Document::parse(&response, &Limits::message()).unwrap();
        let answer = |name| {
            document
                .root()
                .attribute(name)
                .expect("it answers a request")
        };
        let name = IdpName::new("idp").unwrap();
        let published = IdpMetadata::parse(&metadata, at).unwrap();
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            service: Service::new(origin(answer("Destination"))).unwrap(),
            provider: IdentityProvider::from_metadata(name.clone(), &published).unwrap(),
            pending: PendingRequest::new(answer("InResponseTo").to_owned(), name, at, false, None),
            response,
            metadata,
            at,
        }
    }
}

/// The keys of all providers of the corpus.
#[must_use]
pub fn keys() -> &'static [VerifyingKey] {
    &KEYS
}

/// The files of one folder of the corpus, by name.
#[must_use]
pub fn files(folder: &str) -> Vec<Vec<u8>> {
    let paths = entries(&root().join(folder));
    let read = paths
        .iter()
        .map(|path| fs::read(path).expect("a file of the corpus"));
    read.collect()
}

/// The folder of the corpus.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths
}

/// `https://app.example` of `https://app.example/saml/sso`.
fn origin(url: &str) -> &str {
    let path = url.match_indices('/').nth(2);
    path.map_or(url, |(at, _)| url.get(..at).unwrap_or(url))
}

static EXCHANGES: LazyLock<Vec<Exchange>> = LazyLock::new(|| {
    let folders = ["captured", "made"].map(|it| entries(&root().join(it)));
    let folders = folders.iter().flatten().filter(|it| it.is_dir());
    folders.map(|it| Exchange::read(it)).collect()
});

static KEYS: LazyLock<Vec<VerifyingKey>> = LazyLock::new(|| {
    let mut keys: Vec<VerifyingKey> = Vec::new();
    for key in Exchange::all().iter().flat_map(Exchange::keys) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
});
