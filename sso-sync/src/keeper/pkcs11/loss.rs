//! Which errors mean that something has to be opened again.

use cryptoki::error::{Error, RvError};

/// What was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The token was taken out, or the module has lost its connection.
    Device,
    /// The session, its login, or what was found in it.
    Session,
}

/// What was lost, if that is what `error` is about.
///
/// Some modules answer a general error for a lost connection; they get a new session, but are not
/// started anew, since others answer it for data that strangers can send.
pub(super) const fn loss(error: &Error) -> Option<Loss> {
    let Error::Pkcs11(error, _) = error else {
        return None;
    };
    match error {
        RvError::CryptokiNotInitialized
        | RvError::DeviceError
        | RvError::DeviceRemoved
        | RvError::SlotIdInvalid
        | RvError::TokenNotPresent
        | RvError::TokenNotRecognized
        | RvError::VendorDefined(_) => Some(Loss::Device),
        RvError::FunctionFailed
        | RvError::GeneralError
        | RvError::KeyHandleInvalid
        | RvError::ObjectHandleInvalid
        | RvError::OperationActive
        | RvError::OperationNotInitialized
        | RvError::SessionClosed
        | RvError::SessionHandleInvalid
        | RvError::UserNotLoggedIn => Some(Loss::Session),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn what_is_lost_is_opened_again_and_what_is_refused_is_not() {
        let lost = |error| loss(&Error::Pkcs11(error, Function::Sign));
        assert_eq!(lost(RvError::SessionHandleInvalid), Some(Loss::Session));
        assert_eq!(lost(RvError::UserNotLoggedIn), Some(Loss::Session));
        assert_eq!(lost(RvError::DeviceRemoved), Some(Loss::Device));
        assert_eq!(lost(RvError::PinIncorrect), None);
        assert_eq!(lost(RvError::MechanismInvalid), None);
        assert_eq!(loss(&Error::NullFunctionPointer), None);
    }
}
