//! What a server says it is doing, of all that is true at once.

use sso_core::UnixTime;

use super::membership::Membership;
use super::{Alarm, Away, Frozen, Phase, Progress};

/// Everything that decides about the word for what a server is doing.
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    /// What the chain says.
    pub(crate) membership: &'a Membership,
    /// Until when users sign in at a server that was revoked.
    pub(crate) revoked_until: UnixTime,
    /// What does not count.
    pub(crate) alarm: Option<&'a Alarm>,
    /// Why the hub cannot be reached.
    pub(crate) away: Option<&'a Away>,
    /// Whether the hub was heard.
    pub(crate) was_level: bool,
    /// How far filling has come; `None` if everything is held.
    pub(crate) filling: Option<Progress>,
    /// How many places lie before it.
    pub(crate) lag: u64,
    /// The version of this program.
    pub(crate) program: &'a str,
}

impl Situation<'_> {
    /// The word for it: what matters most comes first.
    pub(crate) fn phase(&self) -> Phase {
        if *self.membership == Membership::Revoked {
            let until = self.revoked_until;
            return Phase::Revoked { until };
        }
        if let Membership::Frozen(frozen) = self.membership {
            return Phase::Frozen(frozen.clone());
        }
        match (self.alarm, self.away, self.filling) {
            (Some(alarm), _, _) if alarm.is_newer() => Phase::Frozen(Frozen::Newer {
                program: self.program.into(),
            }),
            (Some(alarm), _, _) => Phase::Stopped(alarm.clone()),
            (_, Some(away), _) => Phase::Away(away.clone()),
            (_, _, Some(progress)) if self.was_level => Phase::Filling(progress),
            _ if !self.was_level => Phase::Starting,
            _ if self.lag > 0 => Phase::Behind { by: self.lag },
            _ => Phase::Level,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Refusal;

    #[test]
    fn what_matters_most_is_said() {
        let away = Away {
            since: UnixTime::from_secs(5),
            why: "no route".into(),
        };
        let alarm = Alarm::Feed(Refusal::WrongRecords);
        let mut situation = Situation {
            membership: &Membership::Good,
            revoked_until: UnixTime::from_secs(9),
            alarm: None,
            away: None,
            was_level: false,
            filling: None,
            lag: 0,
            program: "1.0.0",
        };
        let mut words = vec![situation.phase().word()];
        situation.was_level = true;
        words.push(situation.phase().word());
        situation.lag = 3;
        words.push(situation.phase().word());
        situation.filling = Some(Progress::default());
        words.push(situation.phase().word());
        situation.away = Some(&away);
        words.push(situation.phase().word());
        situation.alarm = Some(&alarm);
        words.push(situation.phase().word());
        situation.membership = &Membership::Revoked;
        words.push(situation.phase().word());
        let expected = [
            "starting", "level", "behind", "filling", "away", "stopped", "revoked",
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn what_a_newer_program_wrote_freezes() {
        let alarm = Alarm::Feed(Refusal::NewerFormat);
        let situation = Situation {
            membership: &Membership::Good,
            revoked_until: UnixTime::from_secs(9),
            alarm: Some(&alarm),
            away: None,
            was_level: true,
            filling: None,
            lag: 0,
            program: "1.0.0",
        };
        assert_eq!(situation.phase().word(), "frozen");
    }
}
