//! A domain with a hub and two servers.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sso_bin::data_dir::DataDir;
use sso_core::testkit::{FakeIdp, FakeNameId, FakeRequest};
use sso_core::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::browser::{Answer, Browser};
use crate::client::Client;
use crate::process::{Build, Process, give, give_any};
use crate::stories::A_BEAT_AND_MORE;

/// A hub, the servers one and two of the domain *example*, and their identity provider.
pub(crate) struct Domain {
    guard: TempDir,
    hub_port: u16,
    pub(crate) hub: Option<Process>,
    pub(crate) one: Process,
    pub(crate) two: Process,
    pub(crate) idp: FakeIdp,
}

impl Domain {
    /// Founds the domain on one, which had a configuration of its own, and enrols two.
    pub(crate) fn of_two_servers() -> Self {
        let port = free_port();
        Self::of_servers_with(port, port, "")
    }

    /// The same behind a load balancer, which listens on the port `public`.
    #[cfg(feature = "system-tests")]
    pub(crate) fn behind(public: u16) -> Self {
        Self::behind_with(public, "")
    }

    /// The same with settings of server one's machine.
    #[cfg(feature = "system-tests")]
    pub(crate) fn behind_with(public: u16, settings: &str) -> Self {
        Self::of_servers_with(public, 0, settings)
    }

    /// Browsers come to the port `public`, and server one listens on `port`.
    fn of_servers_with(public: u16, port: u16, settings: &str) -> Self {
        Self::of_prepared(public, port, |one, _| {
            let local = one.join("local.toml");
            let template = fs::read_to_string(&local).unwrap();
            fs::write(&local, format!("{settings}{template}")).unwrap();
        })
    }

    /// Servers whose folders `prepare` has seen before there is a domain.
    #[cfg(feature = "system-tests")]
    pub(crate) fn of_prepared_servers(prepare: impl FnOnce(&Path, &Path)) -> Self {
        let port = free_port();
        Self::of_prepared(port, port, prepare)
    }

    fn of_prepared(public: u16, port: u16, prepare: impl FnOnce(&Path, &Path)) -> Self {
        sso_bin::tls::install_provider();
        let guard = tempfile::tempdir().unwrap();
        let idp = FakeIdp::new();
        let hub_port = free_port();
        let at = |name: &str| guard.path().join(name);
        fs::write(at("password"), "a long enough password").unwrap();
        make_hub(&guard, hub_port);
        let hub = start_hub(Build::This, &guard, hub_port);
        make_standalone(&guard, public, &idp);
        prepare(&at("one"), &at("two"));
        give(&at("one"), &founding(guard.path()));
        let said = give(&at("two"), &enrolment(guard.path(), hub_port, "two"));
        assert!(said.contains("digest equal"), "{said}");
        Self {
            one: serve(&guard, "one", port),
            two: serve(&guard, "two", 0),
            hub: Some(hub),
            hub_port,
            guard,
            idp,
        }
    }

    /// Retires server one as soon as the other has told that it can take over: until then the
    /// command is refused, and changes nothing.
    pub(crate) async fn retired(&self, notice: &str) -> serde_json::Value {
        let (folder, password) = (self.folder("one"), self.folder("password"));
        // Its keys go; browsers go on trusting the certificate.
        fs::copy(folder.join("keys/tls.pem"), self.folder("tls.pem")).unwrap();
        let line = ["retire", "--yes", "--notice", notice, "--output", "json"];
        let who = ["--email", ALICE, "--password-file"];
        let line = [&line[..], &who, &[password.to_str().unwrap()]].concat();
        let line: Vec<_> = line.into_iter().map(str::to_owned).collect();
        let attempts = async {
            loop {
                let (folder, line) = (folder.clone(), line.clone());
                let given = tokio::task::spawn_blocking(move || give_any(&folder, &line));
                let output = given.await.unwrap();
                if output.status.success() {
                    return serde_json::from_slice(&output.stdout).unwrap();
                }
                let error = String::from_utf8_lossy(&output.stderr);
                assert!(error.contains("nothing was changed"), "{error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let attempts = tokio::time::timeout(A_BEAT_AND_MORE, attempts);
        attempts.await.expect("the other server tells of itself")
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.guard.path().join(name)
    }

    pub(crate) const fn hub_port(&self) -> u16 {
        self.hub_port
    }

    /// Adds to the settings of server two, and starts it anew.
    pub(crate) fn set_at_two(&mut self, settings: &str) {
        let folder = self.folder("two");
        let dir = DataDir::ensure(&folder).unwrap();
        let before = fs::read_to_string(dir.local_file()).unwrap_or_default();
        dir.write(&dir.local_file(), &format!("{before}\n{settings}"))
            .unwrap();
        self.two
            .restart(&folder, &["serve", "--listen", "127.0.0.1:0"]);
    }

    /// Runs a server on some folder.
    pub(crate) fn serve(&self, name: &str) -> Process {
        serve(&self.guard, name, 0)
    }

    pub(crate) fn stop_two(&mut self) {
        self.two.end();
    }

    /// Gives a command as the administrator; what it prints.
    pub(crate) fn give(&self, server: &str, line: &str) -> String {
        give(&self.folder(server), &self.as_administrator(line))
    }

    /// What a command says beside its answer.
    pub(crate) fn remarks(&self, server: &str, line: &str) -> String {
        let output = give_any(&self.folder(server), &self.as_administrator(line));
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    fn as_administrator(&self, line: &str) -> Vec<String> {
        let password = self.folder("password").to_str().unwrap().to_owned();
        let who = ["--email", ALICE, "--password-file", &password];
        let words = line.split(' ').chain(who);
        words.map(str::to_owned).collect()
    }

    /// The administrator signs in on server two.
    pub(crate) fn login(&self) {
        let password = self.folder("password");
        let password = password.to_str().unwrap();
        let login = ["login", "--email", ALICE, "--password-file", password];
        give(&self.folder("two"), &login);
    }

    /// The hub is gone, as if its machine had lost power.
    pub(crate) fn lose_hub(&mut self) {
        self.hub.take().unwrap().kill();
    }

    /// Server two loses its power, and is started again.
    pub(crate) fn restart_two(mut self) -> Self {
        self.two.kill();
        self.two = serve(&self.guard, "two", 0);
        self
    }

    /// The hub is back.
    pub(crate) fn bring_hub_back(&mut self) {
        self.bring_hub_back_as(Build::This);
    }

    /// The hub is back, as another build of the program.
    pub(crate) fn bring_hub_back_as(&mut self, build: Build) {
        self.hub = Some(start_hub(build, &self.guard, self.hub_port));
    }

    /// The hub is reached at another address from now on.
    pub(crate) fn move_hub(&mut self) -> String {
        self.lose_hub();
        let before = format!("localhost:{}", self.hub_port);
        self.hub_port = free_port();
        let now = format!("localhost:{}", self.hub_port);
        let settings = self.folder("hub").join("hub.toml");
        let text = fs::read_to_string(&settings).unwrap();
        assert!(text.contains(&before), "{text}");
        fs::write(&settings, text.replace(&before, &now)).unwrap();
        self.bring_hub_back();
        format!("https://{now}")
    }

    /// The hub is lost for ever, and there is another one, with an invitation to found the domain.
    pub(crate) fn replace_hub(&mut self) {
        self.lose_hub();
        fs::rename(self.folder("hub"), self.folder("hub-lost")).unwrap();
        self.hub_port = free_port();
        make_hub(&self.guard, self.hub_port);
        self.bring_hub_back();
    }

    /// What somebody types to join.
    pub(crate) fn enrolment(&self, name: &str) -> Vec<String> {
        enrolment(self.guard.path(), self.hub_port, name)
    }

    /// A browser that is led to one of the servers, as a load balancer does.
    pub(crate) fn browser(&self, server: &Process) -> Browser {
        self.browser_at(server.address)
    }

    /// A browser that comes to `address`.
    pub(crate) fn browser_at(&self, address: SocketAddr) -> Browser {
        let held = fs::read_to_string(self.folder("one").join("keys/tls.pem"));
        // Server one may have been retired.
        let certificate = held.or_else(|_| fs::read_to_string(self.folder("tls.pem")));
        let base = format!("https://localhost:{}", address.port());
        Browser::new(&base, &certificate.unwrap(), address)
    }

    /// Signs somebody in at the server that the browser is led to.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, name: &str) -> Answer {
        sign_in(&self.idp, browser, name).await
    }

    /// Lets the provider answer a request.
    pub(crate) async fn answer(
        &self,
        browser: &mut Browser,
        request: &FakeRequest,
        name: &str,
    ) -> Answer {
        answer(&self.idp, browser, request, name).await
    }

    /// A browser in which somebody is signed in, and the id of the user.
    pub(crate) async fn signed_in(&self, server: &Process, name: &str) -> (Browser, String) {
        let mut browser = self.browser(server);
        let answer = self.sign_in(&mut browser, name).await;
        assert!(answer.location().starts_with("https://localhost"));
        let id = user(&mut browser).await.expect("somebody is signed in");
        (browser, id)
    }

    /// The secret of who is signed in, as the application of [`of_two_servers`](Self::of_two_servers)
    /// gets it.
    pub(crate) async fn secret(&self, browser: &mut Browser) -> Vec<u8> {
        let base_url = format!("https://localhost:{}", self.one.address.port());
        secret(browser, &base_url).await.1
    }
}

/// The id and the secret of who is signed in, handed over to an application.
pub(crate) async fn secret(browser: &mut Browser, base_url: &str) -> (String, Vec<u8>) {
    let client = Client::new();
    let key = client.key();
    let answer = browser.post("/sso-connect/secret", &[("key", &key)]).await;
    let sealed = answer.json();
    let [enc, ciphertext, id] =
        ["enc", "ciphertext", "user"].map(|it| sealed[it].as_str().unwrap());
    let secret = client.open(base_url, enc, ciphertext, id);
    (id.to_owned(), secret)
}

/// Signs somebody in.
pub(crate) async fn sign_in(idp: &FakeIdp, browser: &mut Browser, name: &str) -> Answer {
    let answer = browser.get("/sso-connect/saml/login").await;
    let request = FakeRequest::read_redirect(answer.location(), None);
    self::answer(idp, browser, &request, name).await
}

/// Lets the provider answer a request.
async fn answer(idp: &FakeIdp, browser: &mut Browser, request: &FakeRequest, name: &str) -> Answer {
    let response = idp.response(request).with(|response| {
        response.assertion.name_id = Some(FakeNameId::persistent(name));
    });
    let response = response.at(SystemClock.now()).to_base64();
    let relay_state = request.relay_state.as_deref().unwrap_or_default();
    let fields = [
        ("SAMLResponse", response.as_str()),
        ("RelayState", relay_state),
    ];
    browser.post("/sso-connect/saml/sso", &fields).await
}

/// The id of the user who is signed in in a browser.
pub(crate) async fn user(browser: &mut Browser) -> Option<String> {
    let answer = browser.get("/sso-connect/session").await;
    let known = answer.status.is_success();
    known.then(|| answer.json()["user"]["id"].as_str().unwrap().to_owned())
}

/// A hub that runs, and a server with a configuration of its own that is to found the domain.
pub(crate) struct Founding {
    guard: TempDir,
    _hub: Process,
    #[cfg(feature = "system-tests")]
    hub_port: u16,
    idp: FakeIdp,
}

impl Founding {
    pub(crate) fn prepare() -> Self {
        sso_bin::tls::install_provider();
        let guard = tempfile::tempdir().unwrap();
        let (idp, hub_port) = (FakeIdp::new(), free_port());
        fs::write(guard.path().join("password"), "a long enough password").unwrap();
        make_hub(&guard, hub_port);
        let hub = start_hub(Build::This, &guard, hub_port);
        make_standalone(&guard, free_port(), &idp);
        Self {
            guard,
            _hub: hub,
            #[cfg(feature = "system-tests")]
            hub_port,
            idp,
        }
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.guard.path().join(name)
    }

    /// What founds the domain.
    pub(crate) fn words(&self) -> Vec<String> {
        founding(self.guard.path())
    }

    /// What enrols server two.
    #[cfg(feature = "system-tests")]
    pub(crate) fn enrolment(&self) -> Vec<String> {
        enrolment(self.guard.path(), self.hub_port, "two")
    }

    /// What signs the administrator in.
    pub(crate) fn login_words(&self) -> Vec<String> {
        let password = self.folder("password");
        let password = password.to_str().unwrap();
        let words = ["login", "--email", ALICE, "--password-file", password];
        words.map(str::to_owned).to_vec()
    }

    /// A browser that comes to `address`.
    pub(crate) fn domain_browser(&self, address: SocketAddr) -> Browser {
        let certificate = fs::read_to_string(self.folder("one/keys/tls.pem")).unwrap();
        let base = format!("https://localhost:{}", address.port());
        Browser::new(&base, &certificate, address)
    }

    pub(crate) async fn sign_in(&self, browser: &mut Browser, name: &str) -> Answer {
        sign_in(&self.idp, browser, name).await
    }
}

/// What founds the domain on server one.
pub(crate) fn founding(root: &Path) -> Vec<String> {
    let text = root.join("founding");
    let words = ["domain", "found", "--founding-file", text.to_str().unwrap()];
    with_name(root, &words, "one")
}

/// What enrols a server of that name.
pub(crate) fn enrolment(root: &Path, hub_port: u16, name: &str) -> Vec<String> {
    let hub = format!("https://localhost:{hub_port}");
    let words = [
        "enrol", "--hub", &hub, "--domain", "example", "--email", ALICE,
    ];
    with_name(root, &words, name)
}

fn with_name(root: &Path, words: &[&str], name: &str) -> Vec<String> {
    let path = |file: &str| root.join(file).to_str().unwrap().to_owned();
    let (password, trust) = (path("password"), path("hub/keys/tls.pem"));
    let own = [
        "--name",
        name,
        "--password-file",
        &password,
        "--hub-ca",
        &trust,
    ];
    let all = words.iter().chain(&own);
    all.map(|word| (*word).to_owned()).collect()
}

pub(crate) fn make_hub(guard: &TempDir, port: u16) {
    let hub = guard.path().join("hub");
    give(
        &hub,
        &["hub", "init", "--reached-as", &format!("localhost:{port}")],
    );
    let settings = fs::read_to_string(hub.join("hub.toml")).unwrap();
    let settings = settings.replace("[limits]", "inspection = 'off'\n[limits]");
    fs::write(hub.join("hub.toml"), settings).unwrap();
    let create = [
        "hub",
        "domain",
        "create",
        "example",
        "--administrator",
        ALICE,
    ];
    let said = give(&hub, &create);
    let founding = said
        .split_whitespace()
        .find(|word| word.starts_with("sso-founding-1-"));
    fs::write(guard.path().join("founding"), founding.unwrap()).unwrap();
}

pub(crate) fn start_hub(build: Build, guard: &TempDir, port: u16) -> Process {
    let listen = format!("127.0.0.1:{port}");
    Process::start_of(
        build,
        &guard.path().join("hub"),
        &["hub", "serve", "--listen", &listen],
    )
}

fn make_standalone(guard: &TempDir, port: u16, idp: &FakeIdp) {
    let one = guard.path().join("one");
    give(
        &one,
        &["init", "--base-url", &format!("https://localhost:{port}")],
    );
    let metadata = guard.path().join("idp.xml");
    fs::write(&metadata, idp.metadata()).unwrap();
    let metadata = metadata.to_str().unwrap();
    give(&one, &["idp", "add", "work", "--metadata", metadata]);
}

fn serve(guard: &TempDir, name: &str, port: u16) -> Process {
    let listen = format!("127.0.0.1:{port}");
    Process::start(&guard.path().join(name), &["serve", "--listen", &listen])
}

/// Of a port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

pub(crate) const ALICE: &str = "alice@example.com";
