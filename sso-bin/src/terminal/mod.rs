//! How a command speaks with the person who gave it: questions, secrets, tables, progress.
//!
//! Commands see the trait [`Terminal`], so that tests answer with a script.

mod console;
mod editor;
mod environment;
mod progress;
mod script;
mod secret;
mod table;
mod zone;

use std::fmt;

use zeroize::Zeroizing;

pub use console::Console;
pub use environment::Environment;
pub use progress::{Lines, Progress};
pub use script::{Scripted, Turn};
pub use secret::Secret;
pub use table::Table;
pub use zone::Zone;

use crate::failure::Failure;

/// A person at a keyboard, or what stands in for one.
///
/// Answers go to standard output ([`print`](Self::print)); questions and remarks to standard
/// error, so that a command's output can be piped while it asks.
pub trait Terminal: fmt::Debug + Send + Sync + 'static {
    /// Writes what was asked for.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it cannot be written; a closed pipe is none.
    fn print(&self, text: &str) -> Result<(), Failure>;

    /// Writes a remark that is not part of the answer.
    fn remark(&self, text: &str);

    /// Whether anybody can be asked.
    fn is_interactive(&self) -> bool;

    /// Asks for a line; Enter alone takes the default, if there is one.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there is no terminal or the person interrupts.
    fn ask(&self, question: &str, default: Option<&str>) -> Result<String, Failure>;

    /// Asks for something that is not shown. With [`Hidden::Twice`] it is typed twice.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there is no terminal or the person interrupts.
    fn ask_hidden(&self, question: &str, times: Hidden) -> Result<Zeroizing<String>, Failure>;

    /// Asks yes or no; Enter alone means `default`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there is no terminal or the person interrupts.
    fn confirm(&self, question: &str, default: bool) -> Result<bool, Failure>;

    /// Lets choose one of `options` and tells which.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there is no terminal or the person interrupts.
    fn choose(&self, question: &str, options: &[String]) -> Result<usize, Failure>;

    /// Opens `text` in the person's editor; `None` if the editor was left with an error.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there is no terminal or no editor.
    fn edit(&self, text: &str) -> Result<Option<String>, Failure>;

    /// Starts to show how far something is.
    fn progress(&self, what: &str) -> Box<dyn Progress>;
}

/// How often something hidden is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Once: it is known already.
    Once,
    /// Twice, and it has to be the same: it is new.
    Twice,
}

/// Lets a person type `word` before something that cannot be taken back.
///
/// # Errors
///
/// A [`Failure`] if something else is typed, or there is no terminal; it says how to confirm
/// without one.
pub fn confirm_by_typing(
    terminal: &dyn Terminal,
    what: &str,
    word: &str,
    option: &str,
) -> Result<(), Failure> {
    if !terminal.is_interactive() {
        return Err(Failure::unasked(what, &format!("add {option}")));
    }
    terminal.remark(what);
    match terminal.ask(&format!("Type {word} to go on"), None)?.trim() == word {
        true => Ok(()),
        false => Err(Failure::because(
            "nothing was changed: it was not confirmed",
        )),
    }
}
