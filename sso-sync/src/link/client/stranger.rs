//! What everybody may ask.

use bytes::Bytes;
use http::Method;

use super::{CallError, answer, call};
use crate::feed::HubHead;
use crate::hub::InvitationCode;
use crate::link::Link;
use crate::store::DomainId;
use crate::wire::{HubInfo, WireError};

/// What a hub says about itself.
///
/// # Errors
///
/// [`CallError`].
pub async fn info(link: &dyn Link) -> Result<HubInfo, CallError> {
    let request = call::request(Method::GET, "/sync/v1/hub", Bytes::new());
    answer::read(link.send(request).await?)
}

/// Sends a message of [`admin::client`](crate::admin::client): sign-in, registration, recovery,
/// second factor. Gives the answer that belongs to it, of 64 KiB at most.
///
/// # Errors
///
/// [`CallError`]; with [`LoginRefused`](crate::wire::Code::LoginRefused) if domain, e-mail
/// address, password or code are wrong.
pub async fn administrators(link: &dyn Link, message: Bytes) -> Result<Bytes, CallError> {
    let request = call::request(Method::POST, "/sync/v1/administrators", message);
    let answer = answer::body(link.send(request).await?)?;
    if answer.len() > MAX_ADMINISTRATORS {
        return Err(WireError::TooLarge.into());
    }
    Ok(answer)
}

/// Makes a domain: sends its first statement with an invitation of the hub's operator. The same
/// statement may be sent again.
///
/// # Errors
///
/// [`CallError`]; with [`NotPermitted`](crate::wire::Code::NotPermitted) if the invitation is not
/// good for this domain.
pub async fn first_statement(
    link: &dyn Link,
    domain: DomainId,
    statement: Bytes,
    invitation: &InvitationCode,
) -> Result<HubHead, CallError> {
    let target = format!("/sync/v1/domains/{domain}/chain?position=0");
    let mut request = call::request(Method::POST, &target, statement);
    let authorization = format!("SSO-Connect-Invitation {}", invitation.text());
    call::authorize(&mut request, &authorization);
    answer::read(link.send(request).await?)
}

/// More than any answer to an administrator's program has.
const MAX_ADMINISTRATORS: usize = 64 * 1024;
