//! Where a provider takes messages.

use url::Url;

use super::MetadataError;
use crate::excerpt::excerpt;
use crate::trustworthy::is_trustworthy;
use crate::xml::Element;

/// How a message travels (SAML Bindings 3).
///
/// Providers list more bindings than these; we use none of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Binding {
    /// In a form that the browser submits (SAML Bindings 3.5).
    Post,
    /// In the query of a URL (SAML Bindings 3.4).
    Redirect,
}

impl Binding {
    /// The binding that `uri` names; `None` if we do not use it.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        [Self::Post, Self::Redirect]
            .into_iter()
            .find(|binding| binding.uri() == uri)
    }

    /// The name of the binding in metadata and messages.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Post => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
            Self::Redirect => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
        }
    }
}

/// Where a provider takes messages, and how (SAML Metadata 2.2.2).
///
/// Every URL is `https`, or `http` to this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// How messages travel there.
    pub binding: Binding,
    /// Where messages go.
    pub location: Url,
    /// Where answers go, if not to `location`.
    pub response_location: Option<Url>,
    destination: String,
}

impl Endpoint {
    /// The endpoint at `location`.
    ///
    /// # Errors
    ///
    /// [`MetadataError::Location`] if it is no URL, [`MetadataError::InsecureLocation`] if it is
    /// neither `https` nor `http` to this machine.
    pub fn new(binding: Binding, location: &str) -> Result<Self, MetadataError> {
        Ok(Self {
            binding,
            location: secure(location)?,
            response_location: None,
            destination: location.to_owned(),
        })
    }

    /// Sends answers to `location`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_response_location(mut self, location: &str) -> Result<Self, MetadataError> {
        self.response_location = Some(secure(location)?);
        Ok(self)
    }

    /// `location` as the provider spells it, for the attribute `Destination`.
    ///
    /// Providers compare it character by character, and a URL that was parsed has lost its
    /// `:443`.
    #[must_use]
    pub fn destination(&self) -> &str {
        &self.destination
    }

    /// Reads an element of the type `EndpointType`; `None` if we do not use its binding.
    pub(super) fn read(element: Element<'_>) -> Result<Option<Self>, MetadataError> {
        let Some(binding) = element.attribute("Binding").and_then(Binding::from_uri) else {
            return Ok(None);
        };
        let endpoint = Self::new(binding, element.attribute("Location").unwrap_or_default())?;
        match element.attribute("ResponseLocation") {
            Some(location) => endpoint.with_response_location(location).map(Some),
            None => Ok(Some(endpoint)),
        }
    }
}

fn secure(location: &str) -> Result<Url, MetadataError> {
    let url = Url::parse(location).map_err(|_| MetadataError::Location {
        found: excerpt(location),
    })?;
    match is_trustworthy(&url) {
        true => Ok(url),
        false => Err(MetadataError::InsecureLocation {
            found: excerpt(location),
        }),
    }
}
