//! Bad weather: requests and answers are lost, servers are killed. Nothing that was promised is.

use std::collections::BTreeMap;
use std::time::Duration;

use sso_sync::node::{Put, Records as _};
use sso_sync::store::RecordId;

use crate::server::Server;
use crate::wire::Weather;
use crate::world::{World, account, profile, settings};

#[tokio::test(start_paused = true)]
async fn nothing_that_was_promised_is_lost_in_a_storm_and_all_come_to_the_same() {
    for seed in 0..6 {
        storm(seed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_seed_makes_one_conversation() {
    let (one, other) = (conversation(1).await, conversation(1).await);
    assert_eq!(one, other);
    assert_ne!(one, conversation(2).await);
}

/// When the server with this seed asks for what, in ten minutes.
async fn conversation(seed: u64) -> Vec<String> {
    let world = World::with(&[1, 2]).await;
    let server = world.start_with(1, settings(1).seed(seed)).await;
    server.wire.set(Weather::Cut);
    tokio::time::sleep(Duration::from_mins(2)).await;
    server.wire.set(Weather::Fine);
    for number in 0..5 {
        server
            .sign_up(&format!("user-{number}"))
            .await
            .unwrap_or(Put::Other(None));
        tokio::time::sleep(Duration::from_mins(2)).await;
    }
    server.wire.sent(&world)
}

async fn storm(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut world = World::with(&[1, 2, 3, 4]).await;
    world.revise("first").await;
    let mut servers = Vec::new();
    for number in 1..4 {
        servers.push(world.start(number).await);
    }
    let mut promised = BTreeMap::new();
    for step in 0..60 {
        let at = random.usize(..servers.len());
        match random.u8(..12) {
            0..5 => sign_up(&servers[at], random.u8(..40), &mut promised).await,
            5..7 => update(&servers[at], random.u8(..40), step).await,
            7 => servers[at].wire.set(weather(&mut random)),
            8 => tokio::time::sleep(Duration::from_secs(random.u64(..40))).await,
            9 => {
                let server = servers.remove(at);
                let number = server.number;
                let place = server.kill().await;
                servers.push(world.restart(number, place).await);
            }
            10 if step == 30 => world.revoke(4).await,
            _ => servers[at].wire.set(Weather::Fine),
        }
    }
    let fresh = settings(4).fill_beyond(5);
    if world.chain.nodes().count() == 4 {
        servers.push(world.start_with(4, fresh).await);
    }
    for server in &servers {
        server.wire.set(Weather::Fine);
    }
    // Long enough for everything that waits.
    tokio::time::sleep(Duration::from_mins(10)).await;
    let first = servers[0].until_level(&world).await;
    for server in &servers {
        let status = server.until_level(&world).await;
        assert_eq!(status.alarm, None, "seed {seed}");
        assert!(status.is_complete, "seed {seed}");
        assert_eq!((status.waiting, status.revision), (0, 1), "seed {seed}");
        assert_eq!(status.commitment, first.commitment, "seed {seed}");
        for (id, version) in &promised {
            let held = server.node.find(id).await.unwrap().unwrap();
            assert!(held.version >= *version, "seed {seed}");
        }
    }
    for server in servers {
        server.stop().await;
    }
}

async fn sign_up(server: &Server, number: u8, promised: &mut BTreeMap<RecordId, u64>) {
    let name = format!("user-{number}");
    if let Ok(Put::Done(held) | Put::Other(Some(held))) = server.sign_up(&name).await {
        let id = server.node.ring().record_id(&account(&name));
        promised.insert(id, held.version);
    }
}

async fn update(server: &Server, number: u8, step: u64) {
    let id = server
        .node
        .ring()
        .record_id(&account(&format!("user-{number}")));
    // A user who is not known here has not signed in.
    let _ = server
        .node
        .update_later(id, profile(&format!("{step}")))
        .await;
}

fn weather(random: &mut fastrand::Rng) -> Weather {
    match random.u8(..5) {
        0 => Weather::Cut,
        1 => Weather::LosesAnswer("POST"),
        2 => Weather::LosesAnswer("feed?after"),
        3 => Weather::Without("head"),
        _ => Weather::Without("POST"),
    }
}
