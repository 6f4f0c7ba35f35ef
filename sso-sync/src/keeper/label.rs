//! What something sealed is.

use crate::store::DomainId;

/// Says what is sealed, and of which domain; what was sealed under one label does not open under
/// another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    name: String,
    domain: Option<DomainId>,
}

impl Label {
    /// The label of something that belongs to this server and no domain: `"data key"`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            domain: None,
        }
    }

    /// The same for one domain.
    #[must_use]
    pub fn in_domain(self, domain: DomainId) -> Self {
        Self {
            domain: Some(domain),
            ..self
        }
    }

    /// What is sealed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The domain that it is of.
    #[must_use]
    pub const fn domain(&self) -> Option<DomainId> {
        self.domain
    }
}
