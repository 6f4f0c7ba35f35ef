//! Waiting for news.

use http::Method;
use sso_sync::feed::HubHead;

use crate::client::Answer;
use crate::founder::Founder;
use crate::hub::{DEADLINE, TestHub, until};

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_answered_when_something_changes() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let mut server = founder.server(&hub.client()).await;
    let request = server.request(Method::GET, WAIT, b"");
    let waits = tokio::spawn(Answer::of(request));
    until(async || waiting(&hub) == 1).await;

    let mut administrator = founder.sign_in(&hub.client()).await;
    let added = founder.node_added(2);
    let answer = administrator.post("chain?position=2", &added).await;
    assert_eq!(answer.code(), "");
    let woken = tokio::time::timeout(DEADLINE, waits).await.unwrap();
    assert_eq!(woken.unwrap().read::<HubHead>().statements, 3);
    assert_eq!(waiting(&hub), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_answered_when_the_hub_stops() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let mut server = founder.server(&hub.client()).await;
    let waits = tokio::spawn(Answer::of(server.request(Method::GET, WAIT, b"")));
    until(async || waiting(&hub) == 1).await;
    let stopped = tokio::time::timeout(DEADLINE, hub.running.stop());
    stopped.await.unwrap().unwrap();
    let answer = tokio::time::timeout(DEADLINE, waits).await.unwrap();
    assert_eq!(answer.unwrap().read::<HubHead>().statements, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_waiting_is_forgotten() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let mut server = founder.server(&hub.client()).await;
    let waits = tokio::spawn(Answer::of(server.request(Method::GET, WAIT, b"")));
    until(async || waiting(&hub) == 1).await;
    waits.abort();
    until(async || waiting(&hub) == 0).await;
}

fn waiting(hub: &TestHub) -> u64 {
    hub.running.service().hub().counts().waiting
}

const WAIT: &str = "head?statements=2&seq=0&wait=50";
