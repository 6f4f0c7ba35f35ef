//! The administrator's side: what the program does that the password was typed into.

mod error;
mod register;
mod session;
mod sign_in;

pub use error::{RegisterError, SignInError};
pub use register::{Registration, RegistrationDone};
pub(crate) use session::KeptSession;
pub use session::{ClientSession, SecondFactorAnswer, SessionError};
pub use sign_in::{Outcome, Proven, Seen, SignIn, SignedIn};
