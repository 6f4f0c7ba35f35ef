//! A person who answers as a test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::progress::{Lines, Progress};
use super::{Hidden, Terminal};
use crate::failure::Failure;

/// Answers in order, and a transcript of everything that a person would see.
///
/// A question that is not the next one in the script fails the command, so that a test notices
/// every question that is asked too much or in another order. Questions are told apart by how
/// they begin.
#[derive(Clone, Debug)]
pub struct Scripted {
    inner: Arc<Mutex<Inner>>,
    is_interactive: bool,
}

#[derive(Debug, Default)]
struct Inner {
    turns: VecDeque<Turn>,
    transcript: String,
    printed: String,
}

/// One question and what is answered to it.
#[derive(Clone, Debug)]
pub struct Turn {
    question: String,
    answer: Answer,
}

#[derive(Clone, Debug)]
enum Answer {
    Choose(String),
    Confirm(bool),
    Edit(Option<(String, String)>),
    Hidden(String),
    Keep,
    Text(String),
}

impl Turn {
    /// A line is typed.
    #[must_use]
    pub fn text(question: &str, answer: &str) -> Self {
        Self::new(question, Answer::Text(answer.into()))
    }

    /// Enter alone: the default is kept.
    #[must_use]
    pub fn keep(question: &str) -> Self {
        Self::new(question, Answer::Keep)
    }

    /// Something is typed that is not shown.
    #[must_use]
    pub fn hidden(question: &str, answer: &str) -> Self {
        Self::new(question, Answer::Hidden(answer.into()))
    }

    /// Yes or no.
    #[must_use]
    pub fn confirm(question: &str, answer: bool) -> Self {
        Self::new(question, Answer::Confirm(answer))
    }

    /// The first option that begins with `option`.
    #[must_use]
    pub fn choose(question: &str, option: &str) -> Self {
        Self::new(question, Answer::Choose(option.into()))
    }

    /// In the editor, `from` is replaced by `to`.
    #[must_use]
    pub fn edit(from: &str, to: &str) -> Self {
        Self::new("", Answer::Edit(Some((from.into(), to.into()))))
    }

    /// The editor is left with an error.
    #[must_use]
    pub fn leave_editor() -> Self {
        Self::new("", Answer::Edit(None))
    }

    fn new(question: &str, answer: Answer) -> Self {
        Self {
            question: question.into(),
            answer,
        }
    }
}

impl Scripted {
    /// A person who answers these questions in this order.
    #[must_use]
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                turns: turns.into_iter().collect(),
                ..Inner::default()
            })),
            is_interactive: true,
        }
    }

    /// Nobody, as in a job that runs at night.
    #[must_use]
    pub fn without_person() -> Self {
        Self {
            is_interactive: false,
            ..Self::new([])
        }
    }

    /// Everything that was shown, with questions and answers.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.inner().transcript.clone()
    }

    /// What went to standard output.
    #[must_use]
    pub fn printed(&self) -> String {
        self.inner().printed.clone()
    }

    /// How many answers nobody asked for.
    #[must_use]
    pub fn left(&self) -> usize {
        self.inner().turns.len()
    }

    fn next(&self, question: &str) -> Result<Answer, Failure> {
        if !self.is_interactive {
            return Err(Failure::unasked(question, "a terminal"));
        }
        let turn = self.inner().turns.pop_front();
        match turn {
            Some(turn) if question.starts_with(&turn.question) => Ok(turn.answer),
            other => Err(Failure::because(format!(
                "the script has no answer to {question:?}, but {other:?}"
            ))),
        }
    }

    fn show(&self, text: &str) {
        let mut inner = self.inner();
        inner.transcript.push_str(text);
        inner.transcript.push('\n');
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Terminal for Scripted {
    fn print(&self, text: &str) -> Result<(), Failure> {
        let mut inner = self.inner();
        inner.transcript.push_str(text);
        inner.printed.push_str(text);
        Ok(())
    }

    fn remark(&self, text: &str) {
        self.show(text);
    }

    fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    fn ask(&self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        let shown = match default {
            Some(default) => format!("{question} [{default}]"),
            None => question.to_owned(),
        };
        let answer = match (self.next(question)?, default) {
            (Answer::Text(text), _) => text,
            (Answer::Keep, Some(default)) => default.into(),
            (answer, _) => return Err(misfit(question, &answer)),
        };
        self.show(&format!("{shown}: {answer}"));
        Ok(answer)
    }

    fn ask_hidden(&self, question: &str, _times: Hidden) -> Result<Zeroizing<String>, Failure> {
        match self.next(question)? {
            Answer::Hidden(text) => {
                self.show(&format!("{question}: (hidden)"));
                Ok(Zeroizing::new(text))
            }
            answer => Err(misfit(question, &answer)),
        }
    }

    fn confirm(&self, question: &str, default: bool) -> Result<bool, Failure> {
        let answer = match self.next(question)? {
            Answer::Confirm(answer) => answer,
            Answer::Keep => default,
            answer => return Err(misfit(question, &answer)),
        };
        self.show(&format!("{question} {}", if answer { "yes" } else { "no" }));
        Ok(answer)
    }

    fn choose(&self, question: &str, options: &[String]) -> Result<usize, Failure> {
        let Answer::Choose(wanted) = self.next(question)? else {
            return Err(misfit(question, &Answer::Keep));
        };
        let found = options.iter().position(|it| it.starts_with(&wanted));
        self.show(&format!("{question} ({}): {wanted}", options.join(" / ")));
        found.ok_or_else(|| Failure::because(format!("no option begins with {wanted}")))
    }

    fn edit(&self, text: &str) -> Result<Option<String>, Failure> {
        match self.next("")? {
            Answer::Edit(None) => Ok(None),
            Answer::Edit(Some((from, to))) if text.contains(&from) => {
                Ok(Some(text.replacen(&from, &to, 1)))
            }
            answer => Err(misfit(text, &answer)),
        }
    }

    fn progress(&self, what: &str) -> Box<dyn Progress> {
        let terminal = self.clone();
        Box::new(Lines::new(what, move |line| terminal.show(&line)))
    }
}

fn misfit(question: &str, answer: &Answer) -> Failure {
    Failure::because(format!("{answer:?} is no answer to {question:?}"))
}
