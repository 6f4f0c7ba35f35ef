//! Where a secret comes from: a file, the environment, or a person. Never an argument, which every
//! user of the machine can read in the list of processes.

use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Environment, Hidden, Terminal};
use crate::failure::Failure;

/// One secret that a command needs.
#[derive(Clone, Copy, Debug)]
pub struct Secret<'a> {
    /// What it is, as a question: `Password`.
    pub question: &'a str,
    /// The option that names a file: `--password-file`.
    pub option: &'a str,
    /// What the option says.
    pub file: Option<&'a Path>,
    /// The variable: `SSO_CONNECT_PASSWORD`.
    pub variable: &'a str,
    /// How often it is typed.
    pub times: Hidden,
}

impl Secret<'_> {
    /// The file, else the variable, else what the person types.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that names all three ways if there is nobody to ask.
    pub fn obtain(
        &self,
        terminal: &dyn Terminal,
        environment: &Environment,
    ) -> Result<Zeroizing<String>, Failure> {
        if let Some(given) = self.given(environment)? {
            return Ok(given);
        }
        match terminal.is_interactive() {
            true => terminal.ask_hidden(self.question, self.times),
            false => Err(Failure::unasked(self.question, &self.ways())),
        }
    }

    /// The file, else the variable; nobody is asked.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the file cannot be read, or is empty.
    pub fn given(&self, environment: &Environment) -> Result<Option<Zeroizing<String>>, Failure> {
        match self.file {
            Some(file) => self.read(file).map(Some),
            None => Ok(environment.get(self.variable)),
        }
    }

    /// The first line: editors put an end of line behind it.
    fn read(&self, file: &Path) -> Result<Zeroizing<String>, Failure> {
        let text = fs::read_to_string(file)
            .map(Zeroizing::new)
            .map_err(|error| {
                Failure::refused(
                    format!("{} {}: {error}", self.option, file.display()),
                    format!("ls -l {}", file.display()),
                )
            })?;
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
            _ => Err(Failure::refused(
                format!(
                    "{} {}: the first line is empty",
                    self.option,
                    file.display()
                ),
                "write it in the first line of that file",
            )),
        }
    }

    fn ways(&self) -> String {
        format!(
            "{} FILE with it in the first line, or the environment variable {}",
            self.option, self.variable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Scripted, Turn};
    use super::*;

    #[test]
    fn a_file_goes_before_the_environment_and_the_environment_before_a_question() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs::write(&file, "from the file\nnot this\n").unwrap();
        let nobody = Scripted::without_person();
        let variable = Environment::of(&[("SSO_CONNECT_PASSWORD", "from the environment")]);
        let from_file = password(Some(&file)).obtain(&nobody, &variable).unwrap();
        assert_eq!(*from_file, "from the file");
        let from_variable = password(None).obtain(&nobody, &variable).unwrap();
        assert_eq!(*from_variable, "from the environment");

        let person = Scripted::new([Turn::hidden("Password", "typed")]);
        let typed = password(None).obtain(&person, &Environment::of(&[]));
        assert_eq!(*typed.unwrap(), "typed");
    }

    #[test]
    fn without_a_person_the_refusal_names_file_and_environment() {
        let nobody = Scripted::without_person();
        let refused = password(None).obtain(&nobody, &Environment::of(&[]));
        let refused = refused.unwrap_err();
        insta::assert_snapshot!(refused, @"there is no terminal to ask in: Password");
        insta::assert_snapshot!(refused.fix().unwrap(), @"--password-file FILE with it in the first line, or the environment variable SSO_CONNECT_PASSWORD");
    }

    #[test]
    fn an_empty_file_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs::write(&file, "\nsecond line\n").unwrap();
        assert!(password(Some(&file)).given(&Environment::of(&[])).is_err());
        fs::write(&file, "first\r\n").unwrap();
        let given = password(Some(&file)).given(&Environment::of(&[]));
        assert_eq!(*given.unwrap().unwrap(), "first");
    }

    fn password(file: Option<&Path>) -> Secret<'_> {
        Secret {
            question: "Password",
            option: "--password-file",
            file,
            variable: "SSO_CONNECT_PASSWORD",
            times: Hidden::Once,
        }
    }
}
