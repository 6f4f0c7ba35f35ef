//! Proxies that are not ours, one process for each test.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

use super::authority::Authority;
use super::unprivileged::{free_port, give_away, unprivileged};

/// A proxy on loopback. Ends when it is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) port: u16,
    /// What it reads and writes.
    _folder: TempDir,
}

impl Program {
    /// Tinyproxy with these further lines of settings.
    pub(crate) async fn tinyproxy(lines: &str) -> Self {
        Self::start(|port, folder| {
            let settings = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\n{lines}\n");
            let file = write(folder, "tinyproxy.conf", &settings);
            let mut tinyproxy = Command::new("tinyproxy");
            tinyproxy.arg("-d").arg("-c").arg(file);
            tinyproxy
        })
        .await
    }

    /// `MicroSocks`, for this user and password if there are any.
    pub(crate) async fn microsocks(user: Option<(&str, &str)>) -> Self {
        Self::start(|port, _| {
            let mut microsocks = Command::new("microsocks");
            microsocks.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
            if let Some((user, password)) = user {
                microsocks.args(["-u", user, "-P", password]);
            }
            microsocks
        })
        .await
    }

    /// Squid, which opens every encrypted connection under certificates of its own `authority`,
    /// and believes who has a certificate from the authority in the file `believed`.
    pub(crate) async fn inspecting(authority: &Authority, believed: &Path) -> Self {
        let certificate = authority.folder.path().join("authority-and-key.pem");
        Self::squid(|folder| {
            let certificate = copy(&certificate, folder, "authority.pem");
            let believed = copy(believed, folder, "believed.pem");
            let kept = format!("{folder}/certificates");
            make_store(&kept);
            format!(
                "ssl-bump tls-cert={certificate} generate-host-certificates=on \
                 dynamic_cert_mem_cache_size=4MB\n\
                 sslcrtd_program {CERTIFICATES} -s {kept} -M 4MB\n\
                 sslcrtd_children 1\n\
                 ssl_bump bump all\n\
                 tls_outgoing_options cafile={believed}\n\
                 http_access allow all"
            )
        })
        .await
    }

    /// Squid, which is itself reached by TLS, with the certificate and key in this file, and lets
    /// everything through.
    pub(crate) async fn encrypted(certificate: &Path) -> Self {
        Self::squid(|folder| {
            let certificate = copy(certificate, folder, "certificate.pem");
            format!("tls-cert={certificate}\nhttp_access allow all")
        })
        .await
    }

    /// `settings` begins with what is said of the port.
    async fn squid(settings: impl Fn(&str) -> String) -> Self {
        Self::start(|port, folder| {
            let of_port = settings(folder.to_str().unwrap());
            let kind = if of_port.starts_with("ssl-bump") {
                "http"
            } else {
                "https"
            };
            let settings = format!(
                "{kind}_port 127.0.0.1:{port} {of_port}\n\
                 pid_filename none\n\
                 access_log none\n\
                 cache_log stdio:/dev/stderr\n\
                 cache deny all\n\
                 cache_mem 8 MB\n\
                 netdb_filename none\n\
                 pinger_enable off\n\
                 visible_hostname proxy.test\n\
                 shutdown_lifetime 0 seconds\n"
            );
            let file = write(folder, "squid.conf", &settings);
            let mut squid = Command::new("squid");
            squid.args(["-N", "-f"]).arg(file);
            squid
        })
        .await
    }

    async fn start(command: impl Fn(u16, &Path) -> Command) -> Self {
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            give_away(folder.path());
            let port = free_port();
            let mut command = command(port, folder.path());
            let child = unprivileged(&mut command).stdin(Stdio::null()).spawn();
            let mut started = Self {
                child: child.unwrap(),
                port,
                _folder: folder,
            };
            if started.listens().await {
                return started;
            }
        }
        panic!("the proxy does not start");
    }

    /// Waits until it takes connections; no, if it ends before.
    async fn listens(&mut self) -> bool {
        let listens = async {
            while self.child.try_wait().unwrap().is_none() {
                let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await;
                if connected.is_ok() {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            false
        };
        tokio::time::timeout(DEADLINE, listens).await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    give_away(&file);
    file
}

fn copy(from: &Path, folder: &str, name: &str) -> String {
    let text = std::fs::read_to_string(from).unwrap();
    let copied = write(Path::new(folder), name, &text);
    copied.to_str().unwrap().into()
}

/// Where Squid keeps the certificates that it makes.
fn make_store(folder: &str) {
    let mut make = Command::new(CERTIFICATES);
    make.args(["-c", "-s", folder, "-M", "4MB"])
        .stdout(Stdio::null());
    assert!(unprivileged(&mut make).status().unwrap().success());
}

const CERTIFICATES: &str = "/usr/lib/squid/security_file_certgen";
const DEADLINE: Duration = Duration::from_mins(1);
