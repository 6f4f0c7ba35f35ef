//! No server serves a revision below one that it served before, restarts included.

use crate::history::History;
use crate::seeds;

#[test]
fn no_server_goes_back_to_an_older_configuration() {
    seeds::hold("no_server_goes_back_to_an_older_configuration", check);
}

/// Says who went back.
pub(crate) fn check(history: &History) -> Result<(), String> {
    for (server, served) in &history.served {
        if !served.is_sorted() {
            return Err(format!("server {server} served the revisions {served:?}"));
        }
    }
    Ok(())
}
