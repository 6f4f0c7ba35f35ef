//! The web browser profile (SAML Profiles 4.1): one mutation of a good response at a time, the
//! signature made anew with the true key.

mod attributes;
mod audience;
mod confirmation;
mod context;
mod envelope;
mod order;
mod status;
mod subject;
mod times;
mod unsolicited;
