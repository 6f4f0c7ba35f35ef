//! On a disk, and with real time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sso_sync::driver::Node;
use sso_sync::link::{HubClient, Link};
use sso_sync::mirror::{Mirror, SqlitePlace};
use sso_sync::node::Records as _;

use crate::server::Offered;
use crate::world::{World, keys, settings};

#[tokio::test]
async fn a_server_fills_a_folder_and_goes_on_with_it() {
    let world = World::with(&[1, 2]).await;
    let one = world.start(1).await;
    for number in 0..30 {
        one.sign_up(&format!("user-{number}")).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let place = SqlitePlace::open(folder.path()).unwrap();
    let domain = world.chain.domain();
    let fresh = Mirror::create(Arc::new(place), domain, &world.statements).await;
    let node = start(&world, fresh.unwrap()).await;
    complete(&node).await;
    node.stop().await;

    one.sign_up("late").await.unwrap();
    let node = start(&world, open(&world, folder.path()).await).await;
    assert!(node.find(&world.id("user-7")).await.unwrap().is_some());
    complete(&node).await;
    node.look().await.unwrap();
    assert!(node.find(&world.id("late")).await.unwrap().is_some());
    node.stop().await;
}

async fn open(world: &World, folder: &Path) -> Mirror {
    let place = SqlitePlace::open(folder).unwrap();
    let mirror = Mirror::open(Arc::new(place), world.chain.domain()).await;
    mirror.unwrap()
}

async fn start(world: &World, mirror: Mirror) -> Node {
    let (link, keys) = (world.wire(), Arc::new(keys(2)));
    let link: Arc<dyn Link> = link;
    let client = HubClient::new(link, world.chain.domain(), Arc::clone(&keys));
    let settings = settings(2).fill_beyond(10).clock(Arc::clone(&world.clock));
    let node = Node::start(settings, keys, mirror, client, Arc::new(Offered::default())).await;
    node.unwrap()
}

async fn complete(node: &Node) {
    let mut status = node.status();
    let complete = status.wait_for(|it| it.is_complete && it.live > 0);
    let complete = tokio::time::timeout(Duration::from_mins(1), complete).await;
    complete.unwrap().unwrap();
}
