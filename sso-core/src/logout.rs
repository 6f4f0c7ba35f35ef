//! A sign-out as the host sees it.

use crate::cookie::SetCookie;
use crate::login::BrowserStep;

/// What to answer a browser that signs out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogoutStep {
    /// Where the browser goes now; `None` means that it is done: show that it is signed out.
    pub step: Option<BrowserStep>,
    /// Cookies to set on the same answer.
    pub cookies: Vec<SetCookie>,
}
