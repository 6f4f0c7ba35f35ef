//! Logging in, without ever locking a token.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::TokenInfo;
use cryptoki::types::AuthPin;

use super::{PinSource, TokenError, TokenName};
use crate::Digest;
use crate::seal::random;

/// Logs sessions in, and remembers a PIN that the token refused.
pub(super) struct Login {
    pin: Option<PinSource>,
    refused: Mutex<Option<Digest>>,
    salt: [u8; 16],
}

impl Login {
    /// `pin` is nothing if the token has a keypad of its own.
    pub(super) fn new(pin: Option<PinSource>) -> Self {
        Self {
            pin,
            refused: Mutex::new(None),
            // Without randomness only this process could be deceived, by itself.
            salt: random().unwrap_or_default(),
        }
    }

    /// Logs `session` in, unless it is: all sessions of a process share one login.
    pub(super) fn log_in(
        &self,
        session: &Session,
        info: &TokenInfo,
        token: &TokenName,
    ) -> Result<(), TokenError> {
        // One at a time: the others see what came of it.
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if !info.login_required() || is_logged_in(session).map_err(failed(token))? {
            return Ok(());
        }
        check_tries(info, token)?;
        let Some(pin) = self.read(token)? else {
            return enter(session, None).map_err(failed(token));
        };
        let digest = self.digest(&pin);
        let is_known_to_be_wrong = *refused == Some(digest);
        let refusal = || TokenError::PinRefused {
            token: token.clone(),
        };
        if is_known_to_be_wrong {
            return Err(refusal());
        }
        match enter(session, Some(&AuthPin::from(pin.as_str()))) {
            Err(error) if is_about_the_pin(&error) => {
                *refused = Some(digest);
                Err(refusal())
            }
            other => other.map_err(failed(token)),
        }
    }

    fn read(&self, token: &TokenName) -> Result<Option<zeroize::Zeroizing<String>>, TokenError> {
        let read = self.pin.as_ref().map(PinSource::read).transpose();
        read.map_err(|reason| TokenError::NoPin {
            token: token.clone(),
            reason,
        })
    }

    fn digest(&self, pin: &str) -> Digest {
        Digest::of("sso-connect pin 1", [self.salt.as_slice(), pin.as_bytes()])
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({:?})", self.pin)
    }
}

pub(super) fn is_logged_in(session: &Session) -> Result<bool, Error> {
    let state = session.get_session_info()?.session_state();
    Ok(matches!(state, SessionState::RoUser | SessionState::RwUser))
}

fn enter(session: &Session, pin: Option<&AuthPin>) -> Result<(), Error> {
    match session.login(UserType::User, pin) {
        Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        other => other,
    }
}

/// Others may have entered wrong PINs before; the count is theirs to reset.
fn check_tries(info: &TokenInfo, token: &TokenName) -> Result<(), TokenError> {
    let token = token.clone();
    if info.user_pin_locked() {
        return Err(TokenError::PinLocked { token });
    }
    match info.user_pin_final_try() {
        true => Err(TokenError::LastTry { token }),
        false => Ok(()),
    }
}

const fn is_about_the_pin(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::PinExpired
                | RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinLocked,
            _
        )
    )
}

/// An error of the module as one of the token.
pub(super) fn failed(token: &TokenName) -> impl Fn(Error) -> TokenError + '_ {
    |source| TokenError::Failed {
        token: token.clone(),
        source,
    }
}
