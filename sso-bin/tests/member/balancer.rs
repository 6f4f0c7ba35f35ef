//! Load balancers of others, with the configurations that the documentation recommends.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::domain::Domain;

/// Which one, and how.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// HAProxy, which has the certificate.
    Haproxy,
    /// HAProxy, which hands TLS through.
    HaproxyThrough,
    /// nginx, which asks nobody.
    Nginx,
}

/// A load balancer in front of two servers.
pub(crate) struct Balancer {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

impl Balancer {
    /// Starts one on the port `public` in front of the servers of a domain.
    pub(crate) fn start(kind: Kind, domain: &Domain, public: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(at("pair.pem"), pair(domain)).unwrap();
        let configuration = configuration(kind, folder.path())
            .replace("bind :443", &format!("bind 127.0.0.1:{public}"))
            .replace("/etc/haproxy/sso.example.com.pem", &at("pair.pem"))
            .replace("/etc/haproxy/sso-connect-ca.pem", &at("pair.pem"))
            .replace("/etc/nginx/sso-connect-ca.pem", &at("pair.pem"))
            .replace("listen 443 ssl;", &listen(public, &at("pair.pem")))
            .replace("sso.example.com", "localhost")
            .replace("192.0.2.11:8443", &domain.one.address.to_string())
            .replace("192.0.2.12:8443", &domain.two.address.to_string());
        fs::write(at("configuration"), configuration).unwrap();
        let log = fs::File::create(at("log")).unwrap();
        let child = program(kind, folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        Self {
            child: child.expect(".ci/install brings it"),
            address: (Ipv4Addr::LOCALHOST, public).into(),
            _folder: folder,
        }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(kind: Kind, folder: &Path) -> Command {
    let file = folder.join("configuration");
    match kind {
        Kind::Haproxy | Kind::HaproxyThrough => {
            let mut command = Command::new("/usr/sbin/haproxy");
            command.arg("-db").arg("-f").arg(file);
            command
        }
        Kind::Nginx => {
            let mut command = Command::new("/usr/sbin/nginx");
            command.arg("-c").arg(file).arg("-p").arg(folder);
            command
        }
    }
}

/// What `move_to_a_new_server.md` tells administrators to write, and what surrounds it in a test.
fn configuration(kind: Kind, folder: &Path) -> String {
    match kind {
        Kind::Haproxy => format!("{GLOBAL}\n{}", recipe("### HAProxy\n", "haproxy")),
        Kind::HaproxyThrough => {
            let recipe = recipe("### HAProxy without a certificate\n", "haproxy");
            format!("{GLOBAL}\n{recipe}")
        }
        Kind::Nginx => {
            let folder = folder.display();
            let temporary: String = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"]
                .map(|it| format!("{it}_temp_path {folder}/{it};\n"))
                .concat();
            let recipe = recipe("### nginx\n", "nginx");
            format!(
                "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\n\
                 events {{}}\nhttp {{\naccess_log off;\n{temporary}{recipe}}}\n"
            )
        }
    }
}

fn recipe(title: &str, language: &str) -> &'static str {
    let (_, section) = DOCUMENTATION.split_once(title).unwrap();
    let (_, recipe) = section.split_once(&format!("```{language}\n")).unwrap();
    recipe.split_once("```").unwrap().0
}

fn listen(port: u16, pair: &str) -> String {
    format!("listen 127.0.0.1:{port} ssl; ssl_certificate {pair}; ssl_certificate_key {pair};")
}

/// The certificate of the servers with its key, which the balancer shows as well.
fn pair(domain: &Domain) -> String {
    let keys = domain.folder("one").join("keys");
    let read = |name| fs::read_to_string(keys.join(name)).unwrap();
    read("tls.pem") + &read("tls.key")
}

const GLOBAL: &str = "global\n    tune.bufsize 65536\n";
const DOCUMENTATION: &str = include_str!("../../src/docs/move_to_a_new_server.md");
