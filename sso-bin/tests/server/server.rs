//! A server in this process, and the identity provider that it trusts.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use sso_bin::cli::{Running, start};
use sso_bin::data_dir::{DataDir, KeyFile};
use sso_bin::local_settings::LocalSettings;
use sso_core::cert::SelfSigned;
use sso_core::testkit::{FakeIdp, FakeRequest};
use sso_core::{Clock as _, SystemClock};
use sso_sync::local::DataKey;
use tempfile::TempDir;

use crate::browser::{Answer, Browser};

pub(crate) struct TestServer {
    pub(crate) base: String,
    pub(crate) dir: DataDir,
    pub(crate) idp: FakeIdp,
    pub(crate) running: Running,
    pub(crate) guard: TempDir,
}

impl TestServer {
    /// A server that trusts one identity provider, called `work`.
    pub(crate) fn start() -> Self {
        Self::start_with(&[("work", &FakeIdp::new())], "")
    }

    /// A server that trusts `providers`, with `settings` in the top of its configuration.
    pub(crate) fn start_with(providers: &[(&str, &FakeIdp)], settings: &str) -> Self {
        Self::start_configured(settings, &tables(providers))
    }

    /// A server whose only provider may send people who did not ask.
    pub(crate) fn start_with_unsolicited() -> Self {
        let work = tables(&[("work", &FakeIdp::new())]);
        let dangerous = "[identity_providers.dangerous]\naccept_unsolicited_responses = true\n";
        Self::start_configured("", &format!("{work}{dangerous}"))
    }

    fn start_configured(settings: &str, providers: &str) -> Self {
        let guard = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let dir = DataDir::create(&guard.path().join("data")).unwrap();
        write_files(
            &dir,
            &format!("base_url = '{base}'\n{settings}\n{providers}"),
        );
        let running = start(&dir, &LocalSettings::default(), &data_key(), listener).unwrap();
        Self {
            base,
            dir,
            idp: FakeIdp::new(),
            running,
            guard,
        }
    }

    /// The same server once more, as after a restart.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            base,
            dir,
            idp,
            running,
            guard,
        } = self;
        let address = running.address();
        running.stop(Duration::ZERO).await.unwrap();
        let listener = TcpListener::bind(address).unwrap();
        let running = start(&dir, &LocalSettings::default(), &data_key(), listener).unwrap();
        Self {
            base,
            dir,
            idp,
            running,
            guard,
        }
    }

    pub(crate) fn browser(&self) -> Browser {
        self.browser_at(self.address())
    }

    /// A browser that believes this server to be at `address`.
    pub(crate) fn browser_at(&self, address: SocketAddr) -> Browser {
        let pem = self
            .dir
            .read(&self.dir.key_file(KeyFile::TlsCertificate))
            .unwrap();
        let base = format!("https://localhost:{}", address.port());
        Browser::new(&base, &pem, address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Goes to the login address and reads what the browser would carry to the provider.
    pub(crate) async fn begin(&self, browser: &mut Browser, query: &str) -> FakeRequest {
        let answer = browser
            .get(&format!("/sso-connect/saml/login{query}"))
            .await;
        FakeRequest::read_redirect(answer.location(), None)
    }

    /// Posts what the provider answers to `request`.
    pub(crate) async fn finish(&self, browser: &mut Browser, request: &FakeRequest) -> Answer {
        post_response(browser, &respond(&self.idp, request), request).await
    }

    pub(crate) async fn sign_in(&self, browser: &mut Browser) -> Answer {
        let request = self.begin(browser, "").await;
        self.finish(browser, &request).await
    }

    /// A browser that is signed in.
    pub(crate) async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        assert_eq!(
            self.sign_in(&mut browser).await.location(),
            format!("{}/", self.base)
        );
        browser
    }
}

/// What `idp` answers to `request` now, ready for the form.
pub(crate) fn respond(idp: &FakeIdp, request: &FakeRequest) -> String {
    idp.response(request).at(SystemClock.now()).to_base64()
}

pub(crate) async fn post_response(
    browser: &mut Browser,
    response: &str,
    request: &FakeRequest,
) -> Answer {
    let relay_state = request.relay_state.as_deref().unwrap_or_default();
    browser
        .post(
            ACS,
            &[("SAMLResponse", response), ("RelayState", relay_state)],
        )
        .await
}

/// Waits for `condition`, at most ten seconds.
pub(crate) async fn until(condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .expect("the condition comes true");
}

fn tables(providers: &[(&str, &FakeIdp)]) -> String {
    let table = |(name, idp): &(&str, &FakeIdp)| {
        let metadata = idp.metadata();
        format!("[[identity_providers]]\nname = '{name}'\nmetadata = '''{metadata}'''\n")
    };
    providers.iter().map(table).collect()
}

fn write_files(dir: &DataDir, config: &str) {
    dir.write(&dir.config_file(), config).unwrap();
    dir.write(&dir.key_file(KeyFile::Cookies), KEY).unwrap();
    dir.write(&dir.key_file(KeyFile::Data), KEY).unwrap();
    // The kind of key does not matter here, and this one is made quickly.
    let signing = SelfSigned::for_tls(&["localhost"], SystemClock.now()).unwrap();
    dir.write(&dir.key_file(KeyFile::SigningKey), signing.key_pem())
        .unwrap();
    dir.write(
        &dir.key_file(KeyFile::SigningCertificate),
        signing.certificate_pem(),
    )
    .unwrap();
}

/// The key of the database, which [`KEY`] says as text.
pub(crate) const fn data_key() -> DataKey {
    DataKey::from_bytes(*b"0123456789abcdef0123456789abcdef")
}

pub(crate) const ACS: &str = "/sso-connect/saml/sso";

/// 32 bytes; tests have nothing to hide.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n";
