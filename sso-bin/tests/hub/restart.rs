//! What stays after a restart, and what several processes share.

use std::net::TcpListener;

use sso_bin::data_dir::KeyFile;
use sso_bin::hub::settings::Settings;
use sso_bin::hub::{Listeners, keys, start};
use sso_sync::feed::HubHead;

use crate::client::Client;
use crate::founder::Founder;
use crate::hub::{TestHub, certificate, run};

#[tokio::test]
async fn a_restart_keeps_everything_but_the_sessions_of_servers() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let session = founder.try_to_sign_in(&hub.client()).await.unwrap();
    let mut server = founder.server(&hub.client()).await;
    assert_eq!(server.get("head").await.code(), "");
    let certificate_before = certificate(&hub.dir);

    let hub = hub.restart().await;
    assert_eq!(certificate(&hub.dir), certificate_before);
    let client = hub.client();
    let mut server = founder.server(&client).await;
    assert_eq!(server.get("head").await.read::<HubHead>().statements, 2);
    let keys = crate::founder::keys(101);
    let mut administrator = client.member(founder.id(), keys, session);
    assert_eq!(administrator.get("head").await.code(), "");
    founder.sign_in(&client).await;
}

#[tokio::test]
async fn another_key_file_is_refused_with_what_mends_it() {
    let hub = TestHub::start().await;
    let path = hub.dir.key_file(KeyFile::Hub);
    let right = hub.dir.read(&path).unwrap();
    hub.running.stop().await.unwrap();
    std::fs::remove_file(&path).unwrap();
    keys::create(&hub.dir).unwrap();

    let settings = Settings::load(&hub.dir).unwrap();
    let listeners = Listeners {
        public: TcpListener::bind("127.0.0.1:0").unwrap(),
        inspection: None,
    };
    let refused = start(&hub.dir, &settings, listeners).await.unwrap_err();
    assert!(
        refused.to_string().contains("is not the key file"),
        "{refused}"
    );
    assert!(refused.fix().unwrap().contains("copy it from another one"));
    let output = crate::hub::operate(&hub.dir, &["domain", "list"]);
    assert_eq!(output.status.code(), Some(5), "{output:?}");

    hub.dir.write(&path, &right).unwrap();
    run(&hub.dir, TcpListener::bind("127.0.0.1:0").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_are_one_hub() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let first = hub.client();
    // Reached under the same name, as behind a load balancer.
    let other = run(&hub.dir, TcpListener::bind("127.0.0.1:0").unwrap()).await;
    let named = hub.address().port();
    let second = Client::through(&certificate(&hub.dir), other.address().port(), named);

    let session = founder.try_to_sign_in(&first).await.unwrap();
    let keys = crate::founder::keys(101);
    let mut administrator = second.member(founder.id(), keys, session);
    let added = founder.node_added(2);
    let answer = administrator.post("chain?position=2", &added).await;
    assert_eq!(answer.read::<HubHead>().statements, 3);
    let mut server = founder.server(&first).await;
    assert_eq!(server.get("head").await.read::<HubHead>().statements, 3);
}
