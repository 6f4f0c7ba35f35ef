//! A signed request.

use serde_json::{Value, json};

use super::chain::TestChain;
use crate::chain::tests::{hex, keys};
use crate::wire::{SessionId, SignedRequest};

pub(super) fn signed(chain: &TestChain<'_>) -> Value {
    let domain = chain.chain().domain();
    let target = format!("/sync/v1/domains/{domain}/feed?after=3");
    let request = SignedRequest {
        authority: "hub.example:443",
        domain,
        member: keys(1).id(),
        session: SessionId::new([5; 32]),
        counter: 7,
        method: "POST",
        target: &target,
        body: b"body",
    };
    json!([{
        "authority": request.authority,
        "domain": domain.to_string(),
        "member": keys(1).id().to_string(),
        "session": hex(request.session.as_bytes()),
        "counter": request.counter,
        "method": request.method,
        "target": request.target,
        "body": hex(request.body),
        "authorization": request.sign(&keys(1)).header(),
    }])
}
