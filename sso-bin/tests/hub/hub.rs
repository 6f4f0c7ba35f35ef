//! A hub in this process, and the program of its operator beside it.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sso_bin::data_dir::{DataDir, KeyFile, Program};
use sso_bin::hub::settings::Settings;
use sso_bin::hub::{Listeners, Running, keys, start, wiring};
use tempfile::TempDir;

use crate::client::Client;

pub(crate) struct TestHub {
    pub(crate) dir: DataDir,
    pub(crate) running: Running,
    pub(crate) guard: TempDir,
}

impl TestHub {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// A hub with further settings, after which tables may come.
    pub(crate) async fn start_with(settings: &str) -> Self {
        let guard = tempfile::tempdir().unwrap();
        let public = TcpListener::bind("127.0.0.1:0").unwrap();
        let dir = folder(&guard, public.local_addr().unwrap().port(), settings);
        wiring::create_database(&dir, &Settings::load(&dir).unwrap()).unwrap();
        let running = run(&dir, public).await;
        Self {
            dir,
            running,
            guard,
        }
    }

    /// The same hub once more, as after a restart.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            dir,
            running,
            guard,
        } = self;
        let address = running.address();
        running.stop().await.unwrap();
        let running = run(&dir, TcpListener::bind(address).unwrap()).await;
        Self {
            dir,
            running,
            guard,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Somebody who trusts the certificate of this hub.
    pub(crate) fn client(&self) -> Client {
        Client::new(&certificate(&self.dir), self.address())
    }

    /// What `sso-connect hub …` does on the folder of this hub.
    pub(crate) fn operate(&self, arguments: &[&str]) -> Output {
        operate(&self.dir, arguments)
    }

    /// The same, which has to succeed; what it prints.
    pub(crate) fn operate_well(&self, arguments: &[&str]) -> String {
        let output = self.operate(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the operator reads at a path of the inspection address.
    pub(crate) async fn inspect(&self, path: &str) -> (u16, String) {
        let address = self.running.inspection_address().unwrap();
        let answer = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = answer.get(format!("http://{address}{path}")).send().await;
        let answer = answer.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// Runs a hub of this folder in this process.
pub(crate) async fn run(dir: &DataDir, public: TcpListener) -> Running {
    let listeners = Listeners {
        public,
        inspection: Some(TcpListener::bind("127.0.0.1:0").unwrap()),
    };
    let settings = Settings::load(dir).unwrap();
    start(dir, &settings, listeners).await.unwrap()
}

/// A folder with keys, for a hub that is reached at a port of localhost.
pub(crate) fn folder(guard: &TempDir, port: u16, settings: &str) -> DataDir {
    let dir = DataDir::create_of(Program::Hub, &guard.path().join("hub")).unwrap();
    let text = format!("reached_as = ['localhost:{port}']\n{settings}");
    dir.write(&dir.settings_file(), &text).unwrap();
    keys::create(&dir).unwrap();
    dir
}

pub(crate) fn certificate(dir: &DataDir) -> String {
    let path = dir.key_file(KeyFile::TlsCertificate);
    dir.read(&path).unwrap().to_string()
}

pub(crate) fn operate(dir: &DataDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sso-connect"))
        .arg("hub")
        .args(arguments)
        .arg("--data-dir")
        .arg(dir.root())
        .env_remove("SSO_CONNECT_LOG")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Waits for `condition`, at most a minute.
pub(crate) async fn until(condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .expect("the condition comes true");
}

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
