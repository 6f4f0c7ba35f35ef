//! Registering a password: whoever was invited becomes an administrator at the hub.

use super::{AdministrationError, NoCode, Office, Who};
use crate::admin::client::{ClientSession, RegisterError, Registration, SignInError, SignedIn};
use crate::admin::{
    Credentials, Invitation, Password, RecoveryCode, RegisterBegin, SystemRandomness,
};

impl Office {
    /// Registers a password by invitation, for these keys: the recovery code to print.
    pub(super) async fn register(
        &self,
        invitation: &Invitation,
        credentials: &Credentials,
        password: Password,
    ) -> Result<RecoveryCode, AdministrationError> {
        let random = &mut SystemRandomness;
        let begun = Registration::by_invitation(invitation, credentials, password, random);
        let (_, code) = self.finish(begun?).await?;
        Ok(code.ok_or(RegisterError::Unexpected)?)
    }

    /// Registers a password in place of the present one, with a new recovery code if asked for.
    /// The session ends with it.
    pub(super) async fn register_anew(
        &self,
        who: &Who,
        session: &ClientSession,
        credentials: &Credentials,
        password: Password,
        with_code: bool,
    ) -> Result<Option<RecoveryCode>, AdministrationError> {
        let names = (&who.domain, &who.administrator);
        let random = &mut SystemRandomness;
        let now = self.now();
        let begun = Registration::by_session(names, session, credentials, password, now, random);
        let (registration, message) = begun?;
        let registration = if with_code {
            registration.with_new_recovery_code()
        } else {
            registration
        };
        let (_, code) = self.finish((registration, message)).await?;
        Ok(code)
    }

    /// Makes a new recovery code in place of one that nobody has seen. The session ends with it.
    pub(super) async fn renew_code(
        &self,
        who: &Who,
        signed_in: &SignedIn,
        password: &Password,
    ) -> Result<RecoveryCode, AdministrationError> {
        let SignedIn {
            session,
            credentials,
            ..
        } = signed_in;
        let password = password.clone();
        let renewed = self.register_anew(who, session, credentials, password, true);
        Ok(renewed.await?.ok_or(RegisterError::Unexpected)?)
    }

    /// Says what a registration has to say, to the end.
    pub(super) async fn finish(
        &self,
        (registration, message): (Registration<'_>, RegisterBegin),
    ) -> Result<(Credentials, Option<RecoveryCode>), AdministrationError> {
        let open = self.talk(&message).await?;
        let sealed = registration.seal(&open, self.stretching(), &mut SystemRandomness);
        let (done, message) = sealed?;
        let answer = self.talk(&message).await?;
        Ok(done.take(&answer)?)
    }

    /// Whether an invitation that is over was used with this password, and by which keys.
    pub(super) async fn used_before(
        &self,
        who: &Who,
        password: Password,
    ) -> Result<SignedIn, AdministrationError> {
        let signed_in = self.authenticate(who, password, None, &mut NoCode).await;
        signed_in.map_err(|error| match error {
            AdministrationError::SignIn(SignInError::WrongPassword) => {
                RegisterError::InvitationOver.into()
            }
            other => other,
        })
    }
}

/// Whether the invitation is over, and nothing else is wrong.
pub(super) const fn is_over(error: &AdministrationError) -> bool {
    matches!(
        error,
        AdministrationError::Register(RegisterError::InvitationOver)
    )
}
