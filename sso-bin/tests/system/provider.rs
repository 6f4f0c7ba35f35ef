//! Identity providers of others, as processes with data folders of their own.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    browserless,
    program::{Program, free_port},
};

/// A running identity provider.
#[derive(Debug)]
pub(crate) struct Provider {
    address: String,
    folder: TempDir,
    client: reqwest::Client,
    _program: Program,
}

impl Provider {
    /// Runs `start` in the folder `kind` beside this file and waits until it serves `metadata`.
    ///
    /// `service` is the metadata file of the service, `settings` the environment; each `start`
    /// says what it understands.
    pub(crate) async fn start(
        kind: &str,
        metadata: &str,
        service: &Path,
        settings: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new(script(kind));
        command
            .arg(port.to_string())
            .arg(folder.path())
            .env("SP_METADATA", service)
            .envs(settings.iter().copied());
        let mut program = Program::start(&mut command, &folder.path().join("log"));

        let client = plain_client();
        let address = format!("http://127.0.0.1:{port}");
        let url = address.clone() + metadata;
        program.until(async || fetch(&client, &url).await).await;
        Self {
            address,
            folder,
            client,
            _program: program,
        }
    }

    /// The address of `path` here.
    pub(crate) fn url(&self, path: &str) -> String {
        self.address.clone() + path
    }

    /// What the provider serves at `path`, in a file, as an administrator downloads metadata.
    pub(crate) async fn download(&self, path: &str) -> std::path::PathBuf {
        let text = fetch(&self.client, &self.url(path))
            .await
            .expect("it has answered before");
        let file = self.folder.path().join("metadata.xml");
        std::fs::write(&file, text).unwrap();
        file
    }
}

fn script(kind: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/system")
        .join(kind)
        .join("start")
}

fn plain_client() -> reqwest::Client {
    browserless::use_one_crypto_provider();
    reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap()
}

async fn fetch(client: &reqwest::Client, url: &str) -> Option<String> {
    let response = client.get(url).send().await.ok()?;
    response.error_for_status().ok()?.text().await.ok()
}
