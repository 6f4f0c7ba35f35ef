//! The word on a batch that servers refused.

use super::{AdministrationError, Administrator};
use crate::Digest;
use crate::chain::{Action, Judgement};
use crate::store::Seq;

impl Administrator {
    /// Says what the live set truly is after a batch whose writer stated a wrong one, so that
    /// servers go on: `last` and `hash` name the batch, `commitment` and `live` are what a server
    /// with the whole set has worked out. Revoke the writer first.
    ///
    /// Nothing is stated if that was said already.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`].
    pub async fn judge_batch(
        &mut self,
        last: Seq,
        hash: Digest,
        commitment: Digest,
        live: u64,
    ) -> Result<(), AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            let said = office.chain().judgement(&hash);
            let is_new = said != Some(Judgement { commitment, live });
            Ok(is_new.then_some(Action::BatchJudged {
                last,
                hash,
                commitment,
                live,
            }))
        })
        .await?;
        Ok(())
    }
}
