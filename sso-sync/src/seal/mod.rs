//! What may leave a server, and who may open it.
//!
//! A [`KeyRing`] holds the domain keys of all epochs and opens and seals
//! [records](KeyRing::seal_record) and [configuration documents](KeyRing::seal_document).
//! [`MemberKeys`] are what one administrator, node or enrolment token signs with and is reached
//! by; an [`EpochStart`] hands a new domain key to every [`Member`].
//!
//! [`docs::protocol`](crate::docs::protocol) has the bytes.

mod aead;
mod beat;
mod content;
mod document;
mod epoch;
mod error;
pub(crate) mod fields;
mod key;
mod member;
mod record;
mod ring;
mod schema;
mod user_id;
mod wrap;

#[cfg(feature = "dangerous-test-builds")]
pub use content::next as pretended;
pub use content::{Content, Note, SealedProfile, SealedUser};
pub use document::{ConfigDocument, Merge, Overlap};
pub use epoch::EpochStart;
pub use error::SealError;
pub use key::DomainKey;
pub use member::{Member, MemberId, MemberKeys, Signature};
pub use record::RecordBody;
pub use ring::{KeyRing, Older};
pub use wrap::Wrap;

pub(crate) use aead::Sealed;
pub(crate) use beat::EPOCHS_TRIED;
#[cfg(test)]
pub(crate) use epoch::seal_previous;
pub(crate) use key::{derive, random};
#[cfg(test)]
pub(crate) use record::Form;
