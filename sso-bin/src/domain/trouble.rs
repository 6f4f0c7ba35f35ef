//! What went wrong with a domain or its hub, with exit code and remedy.

use sso_sync::admin::client::{RegisterError, SessionError, SignInError};
use sso_sync::administration::AdministrationError;
use sso_sync::link::CallError;
use sso_sync::wire::Code;

use crate::failure::{Failure, Trouble, deeper_cause};

impl From<AdministrationError> for Failure {
    fn from(error: AdministrationError) -> Self {
        let trouble = trouble(&error);
        let cause = deeper_cause(&error).map(|cause| format!(" ({cause})"));
        Self::Domain {
            trouble,
            what: format!("{error}{}", cause.unwrap_or_default()),
            fix: fix(&error, trouble).map(str::to_owned),
        }
    }
}

/// The texts of the library say what to do where that depends on what happened.
fn fix(error: &AdministrationError, trouble: Trouble) -> Option<&'static str> {
    match (error, trouble) {
        (AdministrationError::CodeNeeded, _) => Some(
            "--code-file FILE with a code in the first line, or the environment variable \
             SSO_CONNECT_CODE",
        ),
        (AdministrationError::SignIn(SignInError::WrongPassword), _) => {
            Some("try again; with the recovery code from the safe: sso-connect recover")
        }
        (_, Trouble::NotSignedIn) => Some("sso-connect login"),
        (AdministrationError::NameTaken { .. }, _) => {
            Some("add --name with another name, or: sso-connect servers revoke NAME")
        }
        (AdministrationError::NotUpdated { .. }, _) => Some("sso-connect upgrade status"),
        (AdministrationError::UnknownRevision { .. }, _) => Some("sso-connect config history"),
        (_, Trouble::Unreachable) => Some(
            "see whether the hub runs and whether a firewall or proxy is between; sign-ins go on \
             meanwhile",
        ),
        _ => None,
    }
}

fn trouble(error: &AdministrationError) -> Trouble {
    match error {
        AdministrationError::Account(error) => of_session(error),
        AdministrationError::Busy | AdministrationError::NameTaken { .. } => Trouble::Conflict,
        AdministrationError::Call(error) => of_call(error),
        AdministrationError::Chain { .. }
        | AdministrationError::Feed(_)
        | AdministrationError::Fork { .. }
        | AdministrationError::HubWentBack { .. }
        | AdministrationError::OtherName { .. } => Trouble::Dishonest,
        AdministrationError::CodeNeeded => Trouble::Unasked,
        AdministrationError::NewerSchema { .. }
        | AdministrationError::NoUpgrade(_)
        | AdministrationError::NotUpdated { .. }
        | AdministrationError::OtherProgram { .. }
        | AdministrationError::OutsidePolicy { .. }
        | AdministrationError::SameVersion(_)
        | AdministrationError::StillAlive(_)
        | AdministrationError::UpgradeUnderWay { .. } => Trouble::Version,
        AdministrationError::Register(error) => of_registration(error),
        AdministrationError::SignIn(error) => of_sign_in(error),
        AdministrationError::SignInAgain => Trouble::NotSignedIn,
        _ => Trouble::Denied,
    }
}

const fn of_session(error: &SessionError) -> Trouble {
    match error {
        SessionError::Ended | SessionError::SignInAgain | SessionError::Superseded => {
            Trouble::NotSignedIn
        }
        _ => Trouble::Denied,
    }
}

const fn of_registration(error: &RegisterError) -> Trouble {
    match error {
        RegisterError::SignInAgain => Trouble::NotSignedIn,
        RegisterError::Superseded => Trouble::Conflict,
        _ => Trouble::Denied,
    }
}

const fn of_sign_in(error: &SignInError) -> Trouble {
    match error {
        SignInError::AnotherDomain { .. }
        | SignInError::Envelope(_)
        | SignInError::RolledBack { .. }
        | SignInError::Stretching(_) => Trouble::Dishonest,
        _ => Trouble::Denied,
    }
}

fn of_call(error: &CallError) -> Trouble {
    match error {
        CallError::Link(_) => Trouble::Unreachable,
        CallError::Malformed(_) => Trouble::Dishonest,
        CallError::Problem(problem) => match problem.code {
            Code::UnknownSession => Trouble::NotSignedIn,
            Code::Busy => Trouble::Unreachable,
            Code::Conflict => Trouble::Conflict,
            _ => Trouble::Denied,
        },
        _ => Trouble::Denied,
    }
}
