//! How a user must be authenticated (SAML Core 3.3.2.2.1).

/// The authentication that we ask a provider for, and check in its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedContext {
    comparison: Comparison,
    classes: Vec<String>,
}

impl RequestedContext {
    /// Exactly one of `classes`: authentication context class URIs.
    #[must_use]
    pub const fn exact(classes: Vec<String>) -> Self {
        Self {
            comparison: Comparison::Exact,
            classes,
        }
    }

    /// The first of `classes` or better. The provider is asked for at least the first; which ones
    /// are better, and so accepted in the answer, is the rest of the list, since SAML itself
    /// knows no order of classes.
    #[must_use]
    pub const fn at_least(classes: Vec<String>) -> Self {
        Self {
            comparison: Comparison::Minimum,
            classes,
        }
    }

    /// How the provider compares.
    #[must_use]
    pub const fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// Every class that is accepted in the answer.
    #[must_use]
    pub fn accepted(&self) -> &[String] {
        &self.classes
    }

    /// The classes that go into the request.
    #[must_use]
    pub fn asked(&self) -> &[String] {
        match self.comparison {
            Comparison::Exact => &self.classes,
            Comparison::Minimum => self.classes.get(..1).unwrap_or_default(),
        }
    }

    /// Whether an answer with `class` is what was asked for.
    #[must_use]
    pub fn accepts(&self, class: Option<&str>) -> bool {
        class.is_some_and(|class| self.classes.iter().any(|it| it == class))
    }
}

/// How a provider compares what it did with what we asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    /// One of the classes.
    Exact,
    /// A class as strong as the one named, or stronger.
    Minimum,
}

impl Comparison {
    /// The word of the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Minimum => "minimum",
        }
    }
}
