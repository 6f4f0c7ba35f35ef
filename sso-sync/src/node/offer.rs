//! Which configuration comes into force.

use crate::chain::{Chain, Revision};
use crate::status::RefusedRevision;

/// What became of the configurations so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offers {
    /// Revision in force; 0 if there is none.
    pub(crate) in_force: u64,
    /// The newest revision that this machine could not use, and why.
    pub(crate) refused: Option<RefusedRevision>,
    offered: u64,
}

impl Offers {
    /// The revision that is to be offered now; `None` if there is no news.
    ///
    /// `served` is the newest that was ever served here: nothing below it is.
    pub(crate) fn next<'a>(&self, chain: &'a Chain, served: u64) -> Option<&'a Revision> {
        let newest = chain.configuration()?;
        let is_news = newest.number > self.offered && newest.number >= served;
        is_news.then_some(newest)
    }

    /// A revision was offered: it is in force, or it cannot be used.
    pub(crate) fn offered(&mut self, number: u64, answer: Result<(), String>) {
        self.offered = self.offered.max(number);
        match answer {
            Ok(()) => {
                self.in_force = number;
                self.refused = None;
            }
            Err(why) => self.refused = Some(RefusedRevision { number, why }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_revision_leaves_the_one_before_in_force() {
        let mut offers = Offers::default();
        offers.offered(3, Ok(()));
        offers.offered(4, Err("no such file".into()));
        assert_eq!(offers.in_force, 3);
        assert_eq!(offers.refused.as_ref().unwrap().number, 4);
        offers.offered(5, Ok(()));
        assert_eq!((offers.in_force, offers.refused), (5, None));
    }
}
