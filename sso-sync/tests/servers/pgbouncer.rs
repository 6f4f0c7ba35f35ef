//! PgBouncer, which hands out the connections to a server for a transaction each.

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::unprivileged::{free_port, give_away, is_ready, unprivileged};

/// A pooler for one test. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct PgBouncer {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts a pooler in front of the server with this address.
    pub(crate) fn start(server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        give_away(folder.path());
        for _ in 0..5 {
            let port = free_port();
            let settings = folder.path().join("pgbouncer.ini");
            std::fs::write(&settings, configuration(server, port)).unwrap();
            give_away(&settings);
            let mut pgbouncer = Command::new("pgbouncer");
            pgbouncer.arg(&settings).stderr(Stdio::piped());
            let mut child = unprivileged(&mut pgbouncer).spawn().unwrap();
            if is_ready(&mut child, "process up") {
                return Self {
                    child,
                    port,
                    _folder: folder,
                };
            }
            child.wait().unwrap();
        }
        panic!("PgBouncer does not start");
    }

    /// The address of the database behind it.
    pub(crate) fn address(&self) -> String {
        format!("postgres://anybody@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Fewer connections than clients, so that clients really share them.
fn configuration(server: &str, port: u16) -> String {
    let server: tokio_postgres::Config = server.parse().unwrap();
    let password = server.get_password().unwrap_or_default();
    let password = str::from_utf8(password).unwrap();
    format!(
        "[databases]\n\
         * = host=127.0.0.1 port={} user={} password='{password}'\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = 3\n\
         max_client_conn = 200\n",
        server.get_ports()[0],
        server.get_user().unwrap(),
    )
}
