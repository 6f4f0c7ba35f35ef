//! A server of its own that joins a domain: nothing of it is lost without a word.

use std::path::PathBuf;

use super::Joined;
use crate::cli::Context;
use crate::data_dir::DataDir;
use crate::failure::Failure;

/// What a server of its own has in its folder.
#[derive(Debug)]
pub(crate) struct Standalone {
    files: Vec<PathBuf>,
    has_users: bool,
}

impl Standalone {
    /// Looks what is there.
    pub(crate) fn find(context: &Context) -> Result<Self, Failure> {
        let dir = DataDir::ensure(&context.root)?;
        let all = [dir.config_file(), dir.database()];
        let files: Vec<_> = all.into_iter().filter(|file| file.exists()).collect();
        let has_users = files.contains(&dir.database());
        Ok(Self { files, has_users })
    }

    /// Says what happens with it, and asks.
    pub(crate) fn settle(
        &self,
        context: &Context,
        domain: &str,
        leave: bool,
    ) -> Result<(), Failure> {
        if self.files.is_empty() {
            return Ok(());
        }
        context.terminal.remark(&format!(
            "This server had a configuration and users of its own. From now on those of {domain} \
             count. The files are kept beside, with .before-… behind their names."
        ));
        if !self.has_users || leave {
            return Ok(());
        }
        let question = "Its users get the secrets of the domain, and what applications encrypted \
                        with the old ones stays closed. Leave the users behind?";
        if !context.terminal.is_interactive() {
            return Err(Failure::unasked(question, "add --leave-users-behind"));
        }
        match context.terminal.confirm(question, false)? {
            true => Ok(()),
            false => Err(Failure::refused(
                "nothing was changed",
                "choose an empty folder with --data-dir, or look with sso-connect users list who \
                 would be concerned",
            )),
        }
    }

    /// Gives the files other names, once the server belongs to a domain.
    pub(crate) fn set_aside(&self, joined: &Joined) -> Result<(), Failure> {
        let domain = joined.chain()?.name().to_owned();
        for file in &self.files {
            let mut name = file.clone().into_os_string();
            name.push(format!(".before-{domain}"));
            let kept = PathBuf::from(name);
            if kept.exists() {
                return Err(Failure::refused(
                    format!("{} is there already", kept.display()),
                    format!("rename it, or {}", file.display()),
                ));
            }
            joined.dir.rename(file, &kept)?;
        }
        Ok(())
    }
}
