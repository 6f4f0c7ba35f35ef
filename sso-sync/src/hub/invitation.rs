//! Who may make a domain.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::{Decode, Encode};
use sso_core::UnixTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{AuditEvent, Hub, document};
use crate::Digest;
use crate::cbor::byte_string;
use crate::seal::random;
use crate::store::{DomainId, KvStore, StoreError, Swept};
use crate::wire::{Code, Problem};

/// Lets who has it make one domain. The hub keeps a digest of it only.
///
/// `Debug` shows nothing, and the memory is wiped when the value is dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct InvitationCode([u8; 32]);

impl InvitationCode {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The text to hand over. It deserves the care of a password until it is used.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Reads the text; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        bytes.try_into().ok().map(Self)
    }

    fn key(&self) -> String {
        let digest = Digest::of("sso-connect hub invitation 1", [self.0.as_slice()]);
        format!("{INVITATIONS}{digest}")
    }
}

byte_string!(InvitationCode);

impl fmt::Debug for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationCode(…)")
    }
}

/// An invitation as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct Invited {
    /// The name that the domain will have.
    #[n(0)]
    pub name: String,
    /// Until when it is good, in seconds since 1970.
    #[n(1)]
    pub expires: u64,
    /// The domain that was made with it; `None` if none was yet.
    #[n(2)]
    pub used_by: Option<DomainId>,
}

impl Hub {
    /// Invites somebody to make a domain of this name within `life`.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn invite(
        &self,
        name: &str,
        life: Duration,
        now: UnixTime,
    ) -> Result<InvitationCode, StoreError> {
        let code = InvitationCode(random().map_err(StoreError::unavailable)?);
        let invited = Invited {
            name: name.into(),
            expires: now.later(life).as_secs(),
            used_by: None,
        };
        document::write(&*self.documents, &code.key(), &invited, None).await?;
        self.audit
            .record(&AuditEvent::DomainInvited { name: name.into() });
        Ok(code)
    }

    /// The invitations after `after`, some at a time, and where to go on.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn invitations(
        &self,
        after: Option<&str>,
    ) -> Result<(Vec<Invited>, Option<String>), StoreError> {
        let page = self.documents.list(INVITATIONS, after, PAGE).await?;
        let next = page.entries.last().map(|(key, _)| key.clone());
        let entries = page.entries.iter();
        let invited = entries.map(|(_, entry)| document::parse(&entry.value));
        let invited = invited.collect::<Result<_, _>>()?;
        Ok((invited, next.filter(|_| page.more)))
    }

    /// Takes back the invitations to make a domain of this name that nobody has used; answers how
    /// many these were.
    ///
    /// # Errors
    ///
    /// A [`StoreError`]; some may be taken back then.
    pub async fn withdraw(&self, name: &str) -> Result<usize, StoreError> {
        let (mut withdrawn, mut after) = (0, None);
        loop {
            let page = self.documents.list(INVITATIONS, after.as_deref(), PAGE);
            let page = page.await?;
            after = page.entries.last().map(|(key, _)| key.clone());
            for (key, entry) in page.entries {
                let invited: Invited = document::parse(&entry.value)?;
                if invited.name == name && invited.used_by.is_none() {
                    self.documents.delete(&key, entry.version).await?;
                    withdrawn += 1;
                }
            }
            if !page.more || after.is_none() {
                return Ok(withdrawn);
            }
        }
    }
}

/// Uses an invitation for a domain; again, if it is the one that it was used for.
///
/// # Errors
///
/// [`Code::NotPermitted`] if it is not good for that, and no word about why.
pub(super) async fn spend(
    documents: &dyn KvStore,
    code: &InvitationCode,
    name: &str,
    domain: DomainId,
    now: UnixTime,
) -> Result<(), Problem> {
    let refused = || Problem::new(Code::NotPermitted).because(REFUSED);
    for _ in 0..document::TRIES {
        let found = document::read::<Invited>(documents, &code.key()).await?;
        let (invited, version) = found.ok_or_else(refused)?;
        if invited.name != name {
            return Err(refused());
        }
        match invited.used_by {
            Some(used_by) if used_by == domain => return Ok(()),
            Some(_) => return Err(refused()),
            None if now.as_secs() >= invited.expires => return Err(refused()),
            None => {}
        }
        let used_by = Some(domain);
        let spent = Invited { used_by, ..invited };
        match document::write(documents, &code.key(), &spent, Some(version)).await {
            Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
            written => return Ok(written?),
        }
    }
    Err(Code::Unavailable.into())
}

/// Looks at the next invitations after `after`, and deletes those that expired a month ago. Until
/// then who used one may ask again what became of it.
pub(super) async fn sweep(
    documents: &dyn KvStore,
    after: Option<&str>,
    now: UnixTime,
) -> Result<Swept, StoreError> {
    let month_ago = now.earlier(MONTH).as_secs();
    crate::store::sweep(documents, INVITATIONS, after, |_, entry| {
        document::parse::<Invited>(&entry.value).is_ok_and(|it| it.expires <= month_ago)
    })
    .await
}

const MONTH: Duration = Duration::from_hours(30 * 24);

const REFUSED: &str =
    "the invitation is unknown, used, expired, or for a domain of another name: ask for another";
const PREFIX: &str = "sso1d.";
const INVITATIONS: &str = "hub/invitation/";
const PAGE: usize = 500;
