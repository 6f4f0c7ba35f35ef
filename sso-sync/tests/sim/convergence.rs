//! When everything was healed, all servers come to the same without a person's help.

use crate::history::{History, Resting};
use crate::seeds;

#[test]
fn all_servers_come_to_the_same() {
    seeds::hold("all_servers_come_to_the_same", check);
}

/// Says who differs from whom.
pub(crate) fn check(history: &History) -> Result<(), String> {
    if let Some(stuck) = history.stuck.first() {
        return Err(stuck.clone());
    }
    let Some(rest) = &history.rest else {
        return Ok(());
    };
    for pair in rest.servers.windows(2) {
        if let [one, other] = pair
            && essence(one) != essence(other)
        {
            return Err(format!("{one:?} is not level with {other:?}"));
        }
    }
    let (_, revision) = rest.hub;
    match rest
        .servers
        .iter()
        .find(|it| it.revision != revision || it.waiting > 0)
    {
        Some(behind) => Err(format!("revision {revision} counts, and {behind:?}")),
        None => Ok(()),
    }
}

fn essence(resting: &Resting) -> impl PartialEq + '_ {
    (
        resting.revision,
        resting.epoch,
        &resting.commitment,
        &resting.people,
    )
}
