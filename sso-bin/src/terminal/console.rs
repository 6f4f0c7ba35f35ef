//! The terminal that the program runs in.

use std::io::{self, IsTerminal as _, Write as _};

use dialoguer::{Confirm, Input, Password, Select};
use zeroize::Zeroizing;

use super::editor::Editor;
use super::progress::{self, Progress};
use super::{Hidden, Terminal};
use crate::failure::Failure;

/// Standard input, output and error of this process.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Console;

impl Console {
    /// The terminal of this process.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    fn expect_person(self, question: &str) -> Result<(), Failure> {
        match self.is_interactive() {
            true => Ok(()),
            false => Err(Failure::unasked(
                question,
                "give the command in a terminal, or with the options that `--help` names",
            )),
        }
    }
}

impl Terminal for Console {
    fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::because(
                format!("cannot write to standard output: {error}"),
            )),
            _ => Ok(()),
        }
    }

    fn remark(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    fn ask(&self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        self.expect_person(question)?;
        let input = Input::<String>::new().with_prompt(question);
        let input = match default {
            Some(default) => input.default(default.into()),
            None => input,
        };
        input.interact_text().map_err(interrupted)
    }

    fn ask_hidden(&self, question: &str, times: Hidden) -> Result<Zeroizing<String>, Failure> {
        self.expect_person(question)?;
        let password = Password::new().with_prompt(question);
        let password = match times {
            Hidden::Once => password,
            Hidden::Twice => {
                password.with_confirmation("The same again", "It was not the same twice")
            }
        };
        password.interact().map(Zeroizing::new).map_err(interrupted)
    }

    fn confirm(&self, question: &str, default: bool) -> Result<bool, Failure> {
        self.expect_person(question)?;
        let confirm = Confirm::new().with_prompt(question).default(default);
        confirm.interact().map_err(interrupted)
    }

    fn choose(&self, question: &str, options: &[String]) -> Result<usize, Failure> {
        self.expect_person(question)?;
        let select = Select::new().with_prompt(question).items(options);
        select.default(0).interact().map_err(interrupted)
    }

    fn edit(&self, text: &str) -> Result<Option<String>, Failure> {
        self.expect_person("the editor")?;
        Editor::of_process().edit(text)
    }

    fn progress(&self, what: &str) -> Box<dyn Progress> {
        match io::stderr().is_terminal() {
            true => Box::new(progress::Bar::new(what)),
            false => Box::new(progress::Lines::new(what, |line| Self.remark(&line))),
        }
    }
}

fn interrupted(error: dialoguer::Error) -> Failure {
    let error = io::Error::from(error);
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Failure::Interrupted,
        _ => Failure::because(format!("the terminal cannot be used: {error}")),
    }
}
