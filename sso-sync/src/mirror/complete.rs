//! A generation of users comes into use.

use super::filling::{Filled, Filling};
use super::{GENERATION, Mirror, MirrorError, Users};
use crate::feed::SetHash;

impl Mirror {
    /// Publishes a filling whose set hash is the one of the head, and takes it into use.
    pub(super) async fn publish(
        &mut self,
        filling: Filling,
        set: SetHash,
    ) -> Result<Filled, MirrorError> {
        let (seq, generation) = (self.follower.head().mark.seq, filling.generation);
        let envelope = self.envelope().await?;
        let store = filling.draft.finish(seq, envelope).await?;
        self.is_doubtful = true;
        self.facts.set_number(GENERATION, generation).await?;
        self.is_doubtful = false;
        let users = Users {
            store,
            generation,
            seq,
        };
        let filled = self.take_over(users, set)?;
        // What is left of earlier ones is removed with the next.
        let first = self.forsaken.unwrap_or(generation);
        let _ = self.place.remove_before(first.min(generation)).await;
        Ok(filled)
    }

    fn take_over(&mut self, users: Users, set: SetHash) -> Result<Filled, MirrorError> {
        let head = *self.follower.head();
        let done = self.follower.complete(set, &[]);
        done.map_err(|_| MirrorError::Moved { at: head.mark.seq })?;
        self.view.change(|view| {
            view.users = Some(users);
            view.parts = None;
        });
        self.unchecked = 0;
        self.note_damage(false);
        Ok(Filled::Complete {
            live: head.live,
            digest: head.commitment,
        })
    }
}
