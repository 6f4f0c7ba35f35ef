//! The person's own editor.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

use crate::failure::Failure;

/// A program that edits one file and then ends.
#[derive(Clone, Debug)]
pub(super) struct Editor {
    command: String,
}

impl Editor {
    /// What `VISUAL` or `EDITOR` names, else what every system has.
    pub(super) fn of_process() -> Self {
        let named = ["VISUAL", "EDITOR"]
            .iter()
            .filter_map(|name| env::var(name).ok())
            .find(|command| !command.trim().is_empty());
        Self {
            command: named.unwrap_or_else(|| USUAL.into()),
        }
    }

    /// Lets edit `text` in a temporary file that only its owner can read; `None` if the editor was
    /// left with an error, which is how people say that they changed their mind.
    pub(super) fn edit(&self, text: &str) -> Result<Option<String>, Failure> {
        let failed = |error: &io::Error| {
            Failure::refused(
                format!("the editor {} cannot be used: {error}", self.command),
                "export EDITOR=nano, or the editor of your choice",
            )
        };
        let mut file = tempfile::Builder::new()
            .prefix("sso-connect-")
            .suffix(".toml")
            .tempfile()
            .map_err(|error| failed(&error))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.flush())
            .map_err(|error| failed(&error))?;
        let mut words = shell_words::split(&self.command)
            .unwrap_or_else(|_| vec![self.command.clone()])
            .into_iter();
        let ended = Command::new(words.next().unwrap_or_default())
            .args(words)
            .arg(file.path())
            .status()
            .map_err(|error| failed(&error))?;
        match ended.success() {
            // Editors replace the file, so that what was opened may be the old one.
            true => fs::read_to_string(file.path())
                .map(Some)
                .map_err(|error| failed(&error)),
            false => Ok(None),
        }
    }
}

const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_with_arguments_changes_the_text() {
        let editor = Editor {
            command: "sed -i -e 's/old/new and better/'".into(),
        };
        assert_eq!(editor.edit("old\n").unwrap().unwrap(), "new and better\n");
    }

    #[test]
    fn an_editor_that_is_left_with_an_error_changes_nothing() {
        let editor = Editor {
            command: "false".into(),
        };
        assert_eq!(editor.edit("old").unwrap(), None);
    }

    #[test]
    fn an_editor_that_is_not_there_is_named() {
        let editor = Editor {
            command: "no-such-editor --wait".into(),
        };
        let refused = editor.edit("old").unwrap_err();
        assert!(refused.to_string().contains("no-such-editor"), "{refused}");
        assert!(refused.fix().unwrap().contains("EDITOR="));
    }
}
