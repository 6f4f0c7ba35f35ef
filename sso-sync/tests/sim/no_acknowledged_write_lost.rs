//! What a caller was told is kept, every server has in the end.

use crate::history::{History, Resting};
use crate::seeds;

#[test]
fn no_acknowledged_write_is_lost() {
    seeds::hold("no_acknowledged_write_is_lost", check);
}

/// Says what was lost.
pub(crate) fn check(history: &History) -> Result<(), String> {
    let mut servers = history.rest.iter().flat_map(|it| &it.servers);
    servers.try_for_each(|it| check_server(history, it))
}

fn check_server(history: &History, resting: &Resting) -> Result<(), String> {
    let server = resting.server;
    for (name, version) in &history.acknowledged {
        match resting.people.get(name) {
            Some((held, _)) if held >= version => {}
            other => {
                return Err(format!(
                    "version {version} of {name} was acknowledged, server {server} has {other:?}"
                ));
            }
        }
    }
    for (name, kept) in history.updates.iter().filter(|(_, kept)| !kept.is_empty()) {
        let first = resting.people.get(name).and_then(|it| it.1.as_ref());
        let tried = history.attempts.get(name);
        let is_one = first.is_some_and(|first| {
            kept.values().any(|it| it == first) || tried.is_some_and(|it| it.contains(first))
        });
        if !is_one {
            return Err(format!(
                "one of {kept:?} was kept for {name}, server {server} has {first:?}"
            ));
        }
    }
    Ok(())
}
