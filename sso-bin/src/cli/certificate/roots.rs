//! The roots that clients know, as far as this machine can tell.

use sso_core::cert::Chain;

/// A chain that ends below a root of this machine is complete.
pub(super) fn without_known_root(chain: &Chain) -> Chain {
    let mut chain = chain.clone();
    let is_known = |name: &[u8]| roots().iter().any(|root| root == name);
    if chain
        .next
        .as_ref()
        .is_some_and(|next| is_known(&next.encoded))
    {
        chain.next = None;
    }
    chain
}

/// The names of the roots. Those that cannot be read are none.
fn roots() -> Vec<Vec<u8>> {
    let found = rustls_native_certs::load_native_certs().certs;
    let anchors = found
        .iter()
        .filter_map(|it| sso_core::cert::subject(it).ok());
    anchors.collect()
}
