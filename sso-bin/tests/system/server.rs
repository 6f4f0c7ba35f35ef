//! Our server: the real binary, with a data folder of its own.

use std::{fs::OpenOptions, io::Write as _, path::PathBuf, process::Command};

use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::{
    browserless::{Browser, Page, Request},
    program::{self, Program, free_port},
};

/// A data folder: what an administrator sets up before the server runs.
#[derive(Debug)]
pub(crate) struct Service {
    folder: TempDir,
    base: Url,
    port: u16,
}

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    service: Service,
    program: Program,
}

impl Service {
    /// A service that browsers reach without a proxy.
    pub(crate) fn new() -> Self {
        let port = free_port();
        Self::behind(port, port, &[])
    }

    /// A service that browsers reach on `public`, while it listens on `port`.
    pub(crate) fn behind(public: u16, port: u16, settings: &[&str]) -> Self {
        let base = Url::parse(&format!("https://localhost:{public}")).unwrap();
        let service = Self {
            folder: tempfile::tempdir().unwrap(),
            base,
            port,
        };
        let base_url = service.base.as_str().trim_end_matches('/');
        service.command(&[&["init", "--base-url", base_url], settings].concat());
        service
    }

    /// The service's metadata, in a file.
    pub(crate) fn metadata(&self) -> PathBuf {
        self.metadata_as(&self.command(&["metadata"]))
    }

    /// The same file with other metadata: from then on providers that read it know the service so.
    pub(crate) fn metadata_as(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("metadata.xml");
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Adds an identity provider by its metadata file.
    pub(crate) fn trust(&self, name: &str, metadata: &std::path::Path, settings: &[&str]) {
        let metadata = metadata.to_str().unwrap();
        self.command(&[&["idp", "add", name, "--metadata", metadata], settings].concat());
    }

    /// Adds lines to the end of `config.toml`, as an administrator does with an editor: they speak
    /// of the identity provider that was added last.
    pub(crate) fn configure(&self, lines: &str) {
        let mut file = OpenOptions::new()
            .append(true)
            .open(self.file("config.toml"))
            .unwrap();
        writeln!(file, "{lines}").unwrap();
    }

    /// Starts the server and waits until it says that it listens.
    pub(crate) async fn serve(self) -> Server {
        let program = self.start().await;
        Server {
            service: self,
            program,
        }
    }

    /// The same for who still needs the data folder. Dropping the program ends the server.
    pub(crate) async fn start(&self) -> Program {
        let listen = format!("127.0.0.1:{}", self.port);
        let mut command = self.program(&["serve", "--log-format", "json", "--listen", &listen]);
        let mut program = Program::start(&mut command, &self.folder.path().join("log"));
        let log = self.folder.path().join("log");
        let says = async || {
            let log = std::fs::read_to_string(&log).ok()?;
            log.contains("listening on").then_some(())
        };
        program.until(says).await;
        program
    }

    /// A file of the data folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    /// Runs a command of the program to its end and returns what it printed.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        program::run(&mut self.program(arguments))
    }

    /// Runs a command that is refused and returns why.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.program(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(self.folder.path().join("data"))
            .env("SOFTHSM2_CONF", self.folder.path().join("softhsm2.conf"));
        command
    }
}

impl Server {
    /// A user with a browser that trusts this server.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&std::fs::read_to_string(self.service.file("keys/tls.pem")).unwrap())
    }

    /// An address here.
    pub(crate) fn url(&self, path: &str) -> Url {
        self.service.base.join(path).unwrap()
    }

    /// The request with which a sign-in begins, whose way ends at `dest`.
    pub(crate) fn login(&self, dest: &str) -> Request {
        let mut url = self.url("/sso-connect/saml/login");
        url.query_pairs_mut().append_pair("dest", dest);
        Request::get(url)
    }

    /// Who is signed in with this browser, or nobody.
    pub(crate) async fn session(&self, browser: &mut Browser) -> Option<Value> {
        let page = browser.open(&self.url("/sso-connect/session")).await;
        match page.status.as_u16() {
            200 => Some(page.json()),
            401 => None,
            _ => panic!("{}: {}", page.status, page.text),
        }
    }

    /// Why the server says that it refused what led to `page`: the code in its log.
    ///
    /// # Panics
    ///
    /// If the page is no refusal, tells the code to the browser, or is not in the log.
    pub(crate) fn refusal(&self, page: &Page) -> String {
        assert!(
            page.status.is_client_error(),
            "{}:\n{}",
            page.status,
            page.text
        );
        let trace = page
            .header("x-trace-id")
            .expect("every answer has a trace id");
        assert!(
            page.text.contains(trace),
            "{trace} is not shown:\n{}",
            page.text
        );
        let log = self.program.log();
        let entries = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let code = entries
            .filter(|entry| entry.to_string().contains(trace))
            .find_map(|entry| Some(entry["fields"]["code"].as_str()?.to_owned()))
            .unwrap_or_else(|| panic!("no code for {trace} in the log:\n{log}"));
        assert!(
            !page.text.contains(&code),
            "{code} is for the log:\n{}",
            page.text
        );
        code
    }
}
