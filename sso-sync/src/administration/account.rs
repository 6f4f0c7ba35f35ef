//! The account at the hub: password, recovery code, second factor.

use super::register::is_over;
use super::{AdministrationError, Administrator, CodePrompt, Office, Who};
use crate::admin::client::{RegisterError, Registration, SecondFactorAnswer, SessionError};
use crate::admin::second_factor::{BackupCodes, SecondFactorCode, TotpSecret};
use crate::admin::{
    AdministratorKeys, Credentials, Invitation, Password, RecoveryCode, SecondFactorRequest,
    SystemRandomness,
};
use crate::seal::MemberId;

/// An invitation that was used.
#[derive(Debug)]
#[non_exhaustive]
pub struct Accepted {
    /// To be printed and locked away. It is shown once.
    pub recovery_code: RecoveryCode,
    /// The new keys, by the name that they have in the chain once they were added.
    pub id: MemberId,
}

impl Office {
    /// Uses an invitation that an administrator of the domain sent: makes keys and registers a
    /// password for them. The administrator who sent it has to add the keys to the domain; a
    /// sign-in says so until then.
    ///
    /// If it was interrupted, call it again with the same arguments; a recovery code that was lost
    /// is replaced by another one.
    ///
    /// # Errors
    ///
    /// [`RegisterError::InvitationOver`] if it has expired or was used with another password;
    /// [`AdministrationError::NoDomain`] if it does not say which domain it is for.
    pub async fn accept(
        &self,
        invitation: &Invitation,
        password: &Password,
    ) -> Result<Accepted, AdministrationError> {
        let genesis = invitation.genesis().ok_or(AdministrationError::NoDomain)?;
        let keys = AdministratorKeys::random(&mut SystemRandomness);
        let credentials = Credentials { keys, genesis };
        match self
            .register(invitation, &credentials, password.clone())
            .await
        {
            Ok(recovery_code) => accepted(&credentials, recovery_code),
            Err(error) if is_over(&error) => self.accepted_before(invitation, password).await,
            Err(error) => Err(error),
        }
    }

    /// Registers a new password with the printed recovery code, when the old one is lost. Gives
    /// the next recovery code; the used one is worthless from then on. Servers and chain notice
    /// nothing.
    ///
    /// If it was interrupted, call it again with the same arguments; `codes` is asked only then.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Refused`] if it is not this administrator's code.
    pub async fn recover(
        &self,
        who: &Who,
        code: &RecoveryCode,
        password: &Password,
        codes: &mut dyn CodePrompt,
    ) -> Result<RecoveryCode, AdministrationError> {
        let (domain, name) = (&who.domain, &who.administrator);
        let (new, random) = (password.clone(), &mut SystemRandomness);
        let begun = Registration::by_recovery(domain, name, code, new, random)?;
        let refused = match self.finish(begun).await {
            Ok((_, code)) => return Ok(code.ok_or(RegisterError::Unexpected)?),
            Err(error) if is_refused(&error) => error,
            Err(error) => return Err(error),
        };
        // It may have worked, and the answer was lost: then the new password is good already.
        let signed_in = self.authenticate(who, password.clone(), None, codes).await;
        let signed_in = signed_in.map_err(|_| refused)?;
        self.renew_code(who, &signed_in, password).await
    }

    async fn accepted_before(
        &self,
        invitation: &Invitation,
        password: &Password,
    ) -> Result<Accepted, AdministrationError> {
        let who = Who::invited(invitation);
        let signed_in = self.used_before(&who, password.clone()).await?;
        let code = self.renew_code(&who, &signed_in, password).await?;
        accepted(&signed_in.credentials, code)
    }
}

impl Administrator {
    /// Registers a new password in place of the present one, within five minutes of the sign-in.
    /// All sessions end, this one too; nothing in the chain changes.
    ///
    /// If it was interrupted, one of the two passwords is good.
    ///
    /// # Errors
    ///
    /// [`RegisterError::SignInAgain`].
    pub async fn change_password(self, password: Password) -> Result<(), AdministrationError> {
        let office = self.office().clone();
        let (who, credentials) = (&self.who, &self.credentials);
        let registered = office.register_anew(who, &self.session, credentials, password, false);
        registered.await.map(drop)
    }

    /// Makes a new recovery code; the one of before is worthless from then on. Needs the present
    /// password, and a sign-in of the last five minutes. All sessions end, this one too.
    ///
    /// # Errors
    ///
    /// [`RegisterError::SignInAgain`].
    pub async fn renew_recovery_code(
        self,
        password: Password,
    ) -> Result<RecoveryCode, AdministrationError> {
        let office = self.office().clone();
        let (who, credentials) = (&self.who, &self.credentials);
        let registered = office.register_anew(who, &self.session, credentials, password, true);
        Ok(registered.await?.ok_or(RegisterError::Unexpected)?)
    }

    /// Asks for a new second factor, with a code of the present one if there is one: show the
    /// secret to an authenticator, then [confirm](Self::confirm_second_factor) within ten minutes.
    ///
    /// # Errors
    ///
    /// [`SessionError::SignInAgain`] after five minutes, [`SessionError::CodeRefused`].
    pub async fn propose_second_factor(
        &mut self,
        code: Option<SecondFactorCode>,
    ) -> Result<TotpSecret, AdministrationError> {
        let now = self.office().now();
        let request = self.session.propose_second_factor(code, now);
        match self.change_second_factor(&request).await? {
            SecondFactorAnswer::Proposed(secret) => Ok(secret),
            _ => Err(SessionError::Unexpected.into()),
        }
    }

    /// Activates the proposed second factor with its first code: the backup codes to print.
    ///
    /// # Errors
    ///
    /// [`SessionError::CodeRefused`], [`SessionError::SignInAgain`].
    pub async fn confirm_second_factor(
        &mut self,
        code: SecondFactorCode,
    ) -> Result<BackupCodes, AdministrationError> {
        let now = self.office().now();
        let request = self.session.confirm_second_factor(code, now);
        match self.change_second_factor(&request).await? {
            SecondFactorAnswer::Active(codes) => Ok(codes),
            _ => Err(SessionError::Unexpected.into()),
        }
    }

    /// Signs in without a second factor from now on.
    ///
    /// # Errors
    ///
    /// [`SessionError::CodeRefused`], [`SessionError::SignInAgain`].
    pub async fn remove_second_factor(
        &mut self,
        code: SecondFactorCode,
    ) -> Result<(), AdministrationError> {
        let now = self.office().now();
        let request = self.session.remove_second_factor(code, now);
        match self.change_second_factor(&request).await? {
            SecondFactorAnswer::Removed => Ok(()),
            _ => Err(SessionError::Unexpected.into()),
        }
    }

    async fn change_second_factor(
        &self,
        request: &SecondFactorRequest,
    ) -> Result<SecondFactorAnswer, AdministrationError> {
        let answer = self.office().talk(request).await?;
        Ok(self.session.take(&answer)?)
    }
}

fn accepted(
    credentials: &Credentials,
    recovery_code: RecoveryCode,
) -> Result<Accepted, AdministrationError> {
    let id = credentials.keys.to_member_keys()?.id();
    Ok(Accepted { recovery_code, id })
}

const fn is_refused(error: &AdministrationError) -> bool {
    matches!(error, AdministrationError::Register(RegisterError::Refused))
}
