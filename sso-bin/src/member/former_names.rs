//! Tells the other servers when people came by a former name.

use sso_sync::driver::Node;

use super::Configuration;
use crate::http::App;

/// Whenever that, or the configuration, changes; for ever.
pub(super) async fn tell(node: Node, configuration: Configuration, app: App) {
    let (mut revision, mut last) = (configuration.subscribe(), app.former().last());
    loop {
        revision.borrow_and_update();
        let at = last.borrow_and_update().as_secs();
        let has_former = app.config().services().count() > 1;
        node.tell_former_sign_in(has_former.then_some(at));
        let changed = tokio::select! {
            changed = revision.changed() => changed,
            changed = last.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
    }
}
