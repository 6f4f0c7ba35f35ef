//! What is on the disk of every server is, record by record, the set that the hub answers for.

use crate::history::History;
use crate::seeds;

#[test]
fn every_disk_has_the_set_of_the_hub() {
    seeds::hold("every_disk_has_the_set_of_the_hub", check);
}

/// Says whose disk has another set.
pub(crate) fn check(history: &History) -> Result<(), String> {
    let Some(rest) = &history.rest else {
        return Ok(());
    };
    let (hub, _) = &rest.hub;
    for it in &rest.servers {
        if it.on_disk != Some(*hub) || it.commitment != *hub || !it.is_complete {
            return Err(format!("the hub has {hub:?}, and {it:?}"));
        }
    }
    Ok(())
}
