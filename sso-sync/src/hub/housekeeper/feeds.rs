//! Forgetting what the servers of a domain have taken in.

use super::{Housekeeper, Keeping, Place, Tidied};
use crate::hub::domain::{Domain, View};
use crate::hub::quota::Usage;
use crate::hub::{Hub, beats, registry};
use crate::store::{DomainId, Head, Seq, StoreError};

impl Hub {
    /// Looks at the next domain.
    pub(super) async fn tidy_feed(
        &self,
        keeper: &mut Housekeeper,
        after: Option<&str>,
    ) -> Result<Tidied, StoreError> {
        let next = registry::next(&*self.documents, after).await;
        let Some((key, id)) = next? else {
            keeper.place = Place::Invitations(None);
            return Ok(Tidied::default());
        };
        // Before the work: a domain that cannot be read stops nobody else's.
        keeper.place = Place::Feeds(Some(key));
        let Some(head) = self.store.head(&id).await? else {
            return Ok(Tidied::default());
        };
        keeper.fullest = keeper.fullest.or(self.usage_of(id, &head));
        if let Some(domain) = self.domains.known(&id) {
            domain.keep_checkpoint(&*self.documents).await?;
        }
        let compacted = self.compact(id, head, keeper.keeping).await?;
        Ok(Tidied {
            compacted: compacted.map(|through| (id, through)),
            ..Tidied::default()
        })
    }

    /// What a domain takes up, as far as that is known without reading it.
    fn usage_of(&self, id: DomainId, head: &Head) -> Usage {
        match self.domains.known(&id) {
            Some(domain) => domain.usage(head),
            None => Usage::of_head(head),
        }
    }

    async fn compact(
        &self,
        id: DomainId,
        head: Head,
        keeping: Keeping,
    ) -> Result<Option<Seq>, StoreError> {
        if keeping.through(&head, &[]).is_none() {
            return Ok(None);
        }
        // What is known of busy domains is not pushed out for this one.
        let domain = self.domains.known(&id).unwrap_or_else(|| Domain::alone(id));
        let view = domain.view(&*self.store).await;
        let View { chain, .. } = view.map_err(|problem| StoreError::unavailable(problem.detail))?;
        let positions = beats::positions(&*self.documents, id, &chain).await?;
        let Some(through) = keeping.through(&head, &positions) else {
            return Ok(None);
        };
        self.store.compact(&id, through).await?;
        Ok(Some(through))
    }
}

impl Keeping {
    /// Up to where a feed is forgotten; `None` if that is not worth while.
    fn through(&self, head: &Head, positions: &[Seq]) -> Option<Seq> {
        let end = head.seq.number();
        let begin = head.compacted.number();
        let waited_for = positions
            .iter()
            .map(|position| position.number())
            .filter(|position| end.saturating_sub(*position) <= self.most);
        let through = waited_for.fold(end.saturating_sub(self.least), u64::min);
        let through = through.min(begin.saturating_add(self.step));
        let worth_it = through.saturating_sub(begin) >= self.worth.max(1);
        worth_it.then(|| Seq::new(through))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_kept_whoever_has_it() {
        assert_eq!(through(1_000, 0, &[1_000]), Some(900));
        assert_eq!(through(1_000, 0, &[]), Some(900));
        assert_eq!(through(100, 0, &[]), None);
    }

    #[test]
    fn a_server_that_is_behind_is_waited_for_up_to_the_most() {
        assert_eq!(through(1_000, 0, &[1_000, 500]), Some(500));
        assert_eq!(through(1_000, 0, &[499]), Some(900));
    }

    #[test]
    fn little_is_left_alone_and_much_goes_step_by_step() {
        assert_eq!(through(1_000, 890, &[]), Some(900));
        assert_eq!(through(1_000, 891, &[]), None);
        assert_eq!(through(9_000, 0, &[]), Some(2_000));
        assert_eq!(through(9_000, 2_000, &[]), Some(4_000));
    }

    #[test]
    fn a_position_beyond_the_head_or_already_forgotten_changes_nothing() {
        assert_eq!(through(1_000, 0, &[2_000]), Some(900));
        assert_eq!(through(1_000, 600, &[550]), None);
    }

    fn through(seq: u64, compacted: u64, positions: &[u64]) -> Option<u64> {
        let head = Head {
            statements: 1,
            seq: Seq::new(seq),
            envelope: bytes::Bytes::new(),
            compacted: Seq::new(compacted),
        };
        let keeping = Keeping {
            least: 100,
            most: 500,
            worth: 10,
            step: 2_000,
        };
        let positions: Vec<_> = positions.iter().copied().map(Seq::new).collect();
        keeping.through(&head, &positions).map(Seq::number)
    }
}
