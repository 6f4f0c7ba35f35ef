//! Single logout (SAML Core 3.7, SAML Profiles 4.4).

mod exit;
mod requests;
mod responses;
mod sent;
