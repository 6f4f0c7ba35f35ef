//! What is wrong with a configuration, said so that an administrator can mend it.

use std::fmt;

use crate::excerpt::excerpt;

/// One setting that cannot stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Path of the setting, e.g. `identity_providers.okta.clock_skew`.
    pub setting: String,
    /// What is there, shortened; never a secret.
    pub found: String,
    /// What should be there.
    pub expected: String,
    /// What to do.
    pub fix: String,
}

impl Problem {
    /// `found` at `setting`, where `expected` should be; `fix` says what to do.
    pub fn new(
        setting: impl Into<String>,
        found: impl fmt::Display,
        expected: impl fmt::Display,
        fix: impl Into<String>,
    ) -> Self {
        let found = shorten(&found.to_string());
        Self {
            setting: setting.into(),
            found,
            expected: expected.to_string(),
            fix: fix.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            found,
            expected,
            fix,
        } = self;
        write!(f, "{setting}: found {found}, expected {expected}. {fix}")
    }
}

/// Everything that is wrong with a configuration; at least one [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(super) const fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// The problems, in the order of the settings.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "{one}"),
            several => {
                write!(f, "{} settings need attention:", several.len())?;
                several
                    .iter()
                    .try_for_each(|problem| write!(f, "\n- {problem}"))
            }
        }
    }
}

impl std::error::Error for Problems {}

/// Enough to recognise a value, in one line; metadata would fill the screen.
fn shorten(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "nothing".into();
    }
    let visible = |it: char| if it.is_control() { ' ' } else { it };
    excerpt(text).chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_the_setting_both_values_and_the_way_out() {
        let problem = Problem::new("sessions.lifetime", "1y", "5m to 24h", "Shorten it.");
        insta::assert_snapshot!(problem, @"sessions.lifetime: found 1y, expected 5m to 24h. Shorten it.");
    }

    #[test]
    fn several_problems_are_listed_together() {
        let problem = |setting| Problem::new(setting, "a", "b", "C.");
        let problems = Problems::new(vec![problem("x"), problem("y")]);
        insta::assert_snapshot!(problems, @"
        2 settings need attention:
        - x: found a, expected b. C.
        - y: found a, expected b. C.
        ");
    }

    #[test]
    fn a_value_takes_one_line_and_an_empty_one_is_said_to_be_nothing() {
        let found = |value: &str| Problem::new("x", value, "b", "C.").found;
        assert_eq!(found("<html>\n</html>\n"), "<html> </html>");
        assert_eq!(found(" \n"), "nothing");
    }

    #[test]
    fn a_long_value_is_shortened() {
        let problem = Problem::new("x", "長".repeat(500), "b", "C.");
        assert!(problem.found.chars().count() < 500 && problem.found.ends_with('…'));
    }
}
