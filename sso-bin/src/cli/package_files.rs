//! `sso-connect package-files`: the manual and the completions, where packages have them.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use super::print;
use crate::args::{Cli, PackageFilesArgs};
use crate::failure::Failure;

pub(super) fn run(args: &PackageFilesArgs) -> Result<(), Failure> {
    let folder = &args.folder;
    write_all(folder).map_err(|error| {
        let folder = folder.display();
        Failure::because(format!("{folder} cannot be written: {error}"))
    })?;
    print(&format!("{}\n", folder.display()))
}

fn write_all(folder: &Path) -> io::Result<()> {
    let manual = folder.join("man/man1");
    fs::create_dir_all(&manual)?;
    clap_mangen::generate_to(command(), manual)?;
    for (shell, file) in COMPLETIONS {
        let mut text = Vec::new();
        generate(shell, &mut command(), NAME, &mut text);
        let file = folder.join(file);
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, text)?;
    }
    Ok(())
}

fn command() -> clap::Command {
    Cli::command().version(crate::version::version())
}

const NAME: &str = "sso-connect";

const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/sso-connect"),
    (Shell::Fish, "fish/vendor_completions.d/sso-connect.fish"),
    (Shell::Zsh, "zsh/vendor-completions/_sso-connect"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page_and_every_shell_its_completion() {
        let folder = tempfile::tempdir().unwrap();
        write_all(folder.path()).unwrap();
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(read("man/man1/sso-connect.1").contains("Exit codes"));
        assert!(read("man/man1/sso-connect-hub-serve.1").contains("SIGHUP"));
        assert!(!read("man/man1/sso-connect.1").contains("package-files"));
        for (_, file) in COMPLETIONS {
            assert!(read(file).contains("hostname"), "{file}");
        }
    }
}
