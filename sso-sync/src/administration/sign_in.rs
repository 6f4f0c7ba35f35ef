//! Signing in: from e-mail address and password to the keys of the domain.

use super::administrator::Entry;
use super::prompt::CodePrompt;
use super::{AdministrationError, Administrator, Known, Office, Who};
use crate::admin::client::{Outcome, Proven, Seen, SignIn, SignInError, SignedIn};
use crate::admin::{CryptographyFailed, Password, SystemRandomness};

impl Office {
    /// Signs an administrator in.
    ///
    /// The password never leaves this process. `codes` is asked only if the hub wants a second
    /// factor. `known` is what was [remembered](Administrator::known) of the last sign-in on this
    /// machine, if anything: with it, a hub that goes back is found out.
    ///
    /// # Errors
    ///
    /// For people: [`SignInError::WrongPassword`], [`SignInError::TryLater`] with the seconds to
    /// wait, [`AdministrationError::CodeNeeded`], [`AdministrationError::NoAdministrator`],
    /// [`AdministrationError::Revoked`]. About a hub that lies: [`SignInError::Stretching`],
    /// [`SignInError::Envelope`], [`SignInError::AnotherDomain`], [`SignInError::RolledBack`],
    /// [`AdministrationError::Chain`], [`AdministrationError::HubWentBack`],
    /// [`AdministrationError::Fork`], [`AdministrationError::OtherName`].
    pub async fn sign_in(
        &self,
        who: Who,
        password: Password,
        known: Option<&Known>,
        codes: &mut dyn CodePrompt,
    ) -> Result<Administrator, AdministrationError> {
        let seen = known.map(|known| &known.seen);
        let signed_in = self.authenticate(&who, password, seen, codes).await?;
        self.enter(who, signed_in, known).await
    }

    /// Opens the envelope; nothing is known of the domain yet but what it holds.
    pub(super) async fn authenticate(
        &self,
        who: &Who,
        password: Password,
        seen: Option<&Seen>,
        codes: &mut dyn CodePrompt,
    ) -> Result<SignedIn, AdministrationError> {
        let proven = self.prove(who, password).await?;
        let mut code = None;
        let mut asked = 0;
        loop {
            let refused = code.is_some();
            let answer = self.talk(&proven.finish(code.take())).await?;
            match proven.take(&answer, seen, self.now()) {
                Ok(Outcome::SignedIn(signed_in)) => return Ok(*signed_in),
                Ok(Outcome::SecondFactorNeeded) => {}
                Err(SignInError::Refused) if refused && asked < MAX_CODES => {}
                Err(error) => return Err(error.into()),
            }
            code = codes.code(refused).await;
            asked += 1;
            if code.is_none() {
                return Err(given_up(refused));
            }
        }
    }

    pub(super) async fn enter(
        &self,
        who: Who,
        signed_in: SignedIn,
        known: Option<&Known>,
    ) -> Result<Administrator, AdministrationError> {
        let SignedIn {
            credentials,
            seen,
            session,
            ..
        } = signed_in;
        let entry = Entry {
            who,
            seen,
            credentials,
            session,
        };
        Administrator::enter(self, entry, known).await
    }

    /// Finds out whether the password is right, before the hub does.
    async fn prove(&self, who: &Who, password: Password) -> Result<Proven, AdministrationError> {
        let (domain, administrator) = (who.domain.clone(), who.administrator.clone());
        let bounds = self.stretching().1;
        let begun = SignIn::begin(
            domain,
            administrator,
            password,
            bounds,
            &mut SystemRandomness,
        );
        let (waiting, message) = begun?;
        let challenge = self.talk(&message).await?;
        // Argon2id keeps a core busy for a while, and this process may be serving sign-ins.
        let work = move || waiting.prove(&challenge, &mut SystemRandomness);
        let proven = tokio::task::spawn_blocking(work).await;
        Ok(proven.map_err(|_| CryptographyFailed)??)
    }
}

const fn given_up(refused: bool) -> AdministrationError {
    if refused {
        AdministrationError::SignIn(SignInError::Refused)
    } else {
        AdministrationError::CodeNeeded
    }
}

/// So many codes are asked for.
const MAX_CODES: usize = 3;
