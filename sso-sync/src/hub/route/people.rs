//! What administrators ask about each other, and the end of a session.

use bytes::Bytes;

use crate::admin::InvitationRecord;
use crate::chain::Permissions;
use crate::hub::Hub;
use crate::hub::caller::{Caller, Rank};
use crate::hub::request::{self, Asked};
use crate::wire::{Code, Done, Message as _, Problem, RegisteredAdministrators, RequestSignature};

/// `POST /domains/{domain}/invitations`: somebody may register a password.
pub(super) async fn invite(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    caller.check_may(Permissions::ADMINISTRATORS)?;
    let invitation = InvitationRecord::parse(asked.body)?;
    if invitation.domain.as_str() != caller.view.chain.name() {
        return Err(Code::NotPermitted.into());
    }
    hub.administrators.invite(&invitation).await?;
    request::answer(&Done {})
}

/// `GET /domains/{domain}/administrators`: who has registered a password.
pub(super) async fn registered(hub: &Hub, caller: &Caller) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator])?;
    let name = caller.view.chain.name();
    let registered = hub.administrators.registered(name).await?;
    request::answer(&RegisteredAdministrators(registered))
}

/// `POST /domains/{domain}/sign-out`: the session of the request ends.
pub(super) async fn sign_out(hub: &Hub, asked: &Asked<'_>) -> Result<Bytes, Problem> {
    let signature = RequestSignature::parse(asked.authorization);
    let signature = signature.map_err(|_| Code::BadRequestSignature)?;
    hub.administrators.sign_out(signature.session).await?;
    request::answer(&Done {})
}
