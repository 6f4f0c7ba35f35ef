//! What happens on a bad network, and how often.

use std::time::Duration;

use super::DELAY;
use crate::testkit::seed::Random;
use crate::wire::Code;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is not sent, and answered with this problem as if by the hub.
    AnswersOtherwise(Code),
    /// The hub answers at once, and the answer comes that much later.
    DelaysAnswer(Duration),
    /// It reaches the hub that much later: others overtake it.
    DelaysRequest(Duration),
    /// The hub does what it is asked for, and the caller does not hear of it.
    LosesAnswer,
    /// It never reaches the hub, and the caller waits in vain.
    LosesRequest,
    /// It reaches the hub twice; the answer is the one or the other.
    SendsTwice,
    /// The hub does what it is asked for, and only the beginning of the answer comes back.
    Truncates,
}

/// How often what happens, for each kind in thousandths of all requests. Together they are a
/// thousand at most.
#[derive(Clone, Debug)]
pub struct Faults {
    chances: [u64; KINDS],
    delay: Duration,
}

impl Faults {
    /// Nothing happens.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            chances: [0; KINDS],
            delay: DELAY,
        }
    }

    /// A little of everything: `each` thousandths of every kind.
    #[must_use]
    pub const fn of_every_kind(each: u64) -> Self {
        Self {
            chances: [each; KINDS],
            delay: DELAY,
        }
    }

    /// So many answers are those of another situation: 404, 401, 429, 500, 503.
    #[must_use]
    pub const fn answering_otherwise(mut self, thousandths: u64) -> Self {
        self.chances[0] = thousandths;
        self
    }

    /// So many answers are late, by two seconds at most.
    #[must_use]
    pub const fn delaying_answers(mut self, thousandths: u64) -> Self {
        self.chances[1] = thousandths;
        self
    }

    /// So many requests are late, by two seconds at most, so that others overtake them.
    #[must_use]
    pub const fn delaying_requests(mut self, thousandths: u64) -> Self {
        self.chances[2] = thousandths;
        self
    }

    /// So many answers are lost: the hub did it, and the caller does not know.
    #[must_use]
    pub const fn losing_answers(mut self, thousandths: u64) -> Self {
        self.chances[3] = thousandths;
        self
    }

    /// So many requests are lost.
    #[must_use]
    pub const fn losing_requests(mut self, thousandths: u64) -> Self {
        self.chances[4] = thousandths;
        self
    }

    /// So many requests are sent twice.
    #[must_use]
    pub const fn sending_twice(mut self, thousandths: u64) -> Self {
        self.chances[5] = thousandths;
        self
    }

    /// Of so many answers, only the beginning arrives.
    #[must_use]
    pub const fn truncating(mut self, thousandths: u64) -> Self {
        self.chances[6] = thousandths;
        self
    }

    /// How late something is at most. Default: two seconds.
    #[must_use]
    pub const fn late_by(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// What a request suffers, by three numbers of `random`.
    pub(super) fn draw(&self, random: &mut Random) -> Option<Fault> {
        let (drawn, which) = (random.below(1000), random.below(CODES.len() as u64));
        let nanoseconds = u64::try_from(self.delay.as_nanos()).unwrap_or(u64::MAX);
        let late = Duration::from_nanos(random.below(nanoseconds));
        let mut end = 0;
        let kind = self.chances.iter().position(|chance| {
            end += chance;
            drawn < end
        });
        match kind? {
            0 => usize::try_from(which)
                .ok()
                .and_then(|it| CODES.get(it))
                .copied(),
            1 => Some(Fault::DelaysAnswer(late)),
            2 => Some(Fault::DelaysRequest(late)),
            3 => Some(Fault::LosesAnswer),
            4 => Some(Fault::LosesRequest),
            5 => Some(Fault::SendsTwice),
            _ => Some(Fault::Truncates),
        }
    }
}

const KINDS: usize = 7;

/// What may be answered in place of the truth.
const CODES: [Fault; 6] = [
    Fault::AnswersOtherwise(Code::UnknownDomain),
    Fault::AnswersOtherwise(Code::UnknownSession),
    Fault::AnswersOtherwise(Code::Revoked),
    Fault::AnswersOtherwise(Code::Busy),
    Fault::AnswersOtherwise(Code::Unknown),
    Fault::AnswersOtherwise(Code::Unavailable),
];
