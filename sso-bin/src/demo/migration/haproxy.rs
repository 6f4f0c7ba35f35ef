//! HAProxy, as the documentation recommends it.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::balancer::Front;
use crate::demo::made;
use crate::failure::Failure;

/// HAProxy at work. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Haproxy {
    program: PathBuf,
    front: Front,
    /// For the socket by which one process takes over from another: its path must be short.
    socket: TempDir,
    /// The last one accepts connections; those before it finish what is under way.
    processes: Vec<Child>,
}

impl Haproxy {
    /// Begins with a file for every certificate that browsers see.
    pub(super) fn start(program: &Path, front: Front, name: &str) -> Result<Self, Failure> {
        let shown = front.folder.join(SHOWN);
        made(fs::create_dir_all(&shown))?;
        for (number, pair) in front.pairs.iter().enumerate() {
            made(fs::write(shown.join(format!("{number}.pem")), pair))?;
        }
        made(fs::write(
            front.folder.join(TRUSTED),
            front.trusted.concat(),
        ))?;
        let mut haproxy = Self {
            program: program.into(),
            front,
            socket: made(TempDir::new())?,
            processes: Vec::new(),
        };
        haproxy.ask_by(name)?;
        Ok(haproxy)
    }

    /// Begins anew with another name, as `systemctl reload haproxy` does: no connection is refused.
    pub(super) fn ask_by(&mut self, name: &str) -> Result<(), Failure> {
        let file = self.front.folder.join("haproxy.cfg");
        made(fs::write(&file, self.configuration(name)))?;
        let log = self.front.folder.join("haproxy.log");
        let log = made(fs::OpenOptions::new().create(true).append(true).open(log))?;
        let mut command = Command::new(&self.program);
        command.arg("-db").arg("-f").arg(file);
        if let Some(before) = self.processes.last().and_then(Child::id) {
            command.arg("-x").arg(self.socket());
            command.args(["-sf", &before.to_string()]);
        }
        let process = command
            .stdout(made(log.try_clone())?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.processes.push(made(process)?);
        Ok(())
    }

    fn configuration(&self, name: &str) -> String {
        let front = &self.front;
        let at = |name: &str| front.folder.join(name).display().to_string();
        let bind = format!("bind {}:{}", Ipv4Addr::LOCALHOST, front.port);
        let recipe = recipe()
            .replace("bind :443", &bind)
            .replace("/etc/haproxy/sso.example.com.pem", &at(SHOWN))
            .replace("/etc/haproxy/sso-connect-ca.pem", &at(TRUSTED))
            .replace("sso.example.com", name);
        let recipe = recipe
            .lines()
            .filter(|it| !it.trim().starts_with("server "));
        let recipe: String = recipe.map(|line| format!("{line}\n")).collect();
        let servers = front.servers.iter().enumerate();
        let servers: String = servers
            .map(|(number, address)| format!("    server sso{number} {address}\n"))
            .collect();
        let socket = self.socket().display().to_string();
        format!(
            "global\n    tune.bufsize 65536\n    stats socket {socket} expose-fd listeners\n\
             {recipe}{servers}"
        )
    }

    fn socket(&self) -> PathBuf {
        self.socket.path().join("socket")
    }
}

/// What the documentation recommends.
fn recipe() -> &'static str {
    let section = DOCUMENTATION
        .split_once("### HAProxy\n")
        .map_or("", |it| it.1);
    let recipe = section.split_once("```haproxy\n").map_or("", |it| it.1);
    recipe.split_once("```").map_or("", |it| it.0)
}

const DOCUMENTATION: &str = include_str!("../../docs/move_to_a_new_server.md");

/// The folder with the certificates that browsers see.
const SHOWN: &str = "shown";

/// The file with those that servers show.
const TRUSTED: &str = "trusted.pem";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_of_the_documentation_is_found() {
        assert!(recipe().contains("option httpchk"));
    }
}
