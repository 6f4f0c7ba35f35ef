//! Going on with a filling that was interrupted.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use super::filling::Filling;
use super::place::Resumed;
use super::{Mirror, MirrorError, View};
use crate::cbor;
use crate::store::{Cursor, Seq};

/// How far a filling has come: kept with what came in.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub(super) struct Note {
    /// Everything up to here has to be there.
    #[n(0)]
    pub(super) until: Seq,
    /// Records that came in; some come twice.
    #[n(1)]
    pub(super) records: u64,
    /// Where the next page begins; `None` before the first and after the last.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) next: Option<Vec<u8>>,
    /// Whether the last page came in.
    #[n(3)]
    pub(super) has_all: bool,
}

/// Where a filling goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Onward {
    /// All pages came in: [end](Mirror::finish_filling) the filling.
    End,
    /// With the page of the snapshot that begins here; the first one if `None`.
    Page(Option<Cursor>),
}

/// A filling that a process has left.
#[derive(Debug)]
pub struct Interrupted {
    generation: u64,
    note: Note,
    resumed: Resumed,
}

impl Mirror {
    /// Where the filling that is under way goes on; `None` if there is none.
    #[must_use]
    pub fn onward(&self) -> Option<Onward> {
        self.filling.as_ref().map(|filling| filling.note.onward())
    }

    /// Looks for a filling that was interrupted: by the end of the process, or by its own failure.
    /// Some seconds for a million users, while everything goes on.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub fn interrupted_filling(
        &self,
    ) -> impl Future<Output = Result<Option<Interrupted>, MirrorError>> + Send + use<> {
        let (place, domain) = (Arc::clone(&self.place), self.domain);
        let generation = self.next_generation();
        async move {
            let Some(resumed) = place.resume(generation, &domain).await? else {
                return Ok(None);
            };
            let note = cbor::decode::<Note>(&resumed.note).ok();
            Ok(note.map(|note| Interrupted {
                generation,
                note,
                resumed,
            }))
        }
    }

    /// Goes on with a filling that was interrupted, and says where; `None` if there is another
    /// one by now. What others wrote meanwhile comes with the next pages, or is
    /// [found](super::Filled::Differs) at the end.
    pub fn go_on_filling(&mut self, found: Interrupted) -> Option<Onward> {
        if self.filling.is_some() || found.generation != self.next_generation() {
            return None;
        }
        let onward = found.note.onward();
        self.filling = Some(Filling::resumed(
            found.generation,
            found.note,
            found.resumed,
        ));
        Some(onward)
    }

    /// The generation that a filling makes.
    pub(super) fn next_generation(&self) -> u64 {
        self.generation_in_use() + 1
    }

    /// The generation of the users that are in use; 0 if there are none.
    pub(super) fn generation_in_use(&self) -> u64 {
        let in_use = |view: &View| view.users.as_ref().map_or(0, |users| users.generation);
        self.view.read(in_use)
    }
}

impl Note {
    fn onward(&self) -> Onward {
        match (&self.next, self.has_all) {
            (None, true) => Onward::End,
            (next, _) => Onward::Page(next.clone().map(Cursor::new)),
        }
    }
}
