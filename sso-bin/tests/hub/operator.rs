//! What the operator does and reads, while the hub runs.

use serde_json::Value;

use crate::founder::Founder;
use crate::hub::TestHub;

#[tokio::test]
async fn domains_are_listed_with_their_state_and_size() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    Founder::invited(&hub, "later");
    let rows: Value = serde_json::from_str(&hub.operate_well(&LIST)).unwrap();
    assert_eq!(rows[0]["name"], "example");
    assert_eq!(rows[0]["state"], "active");
    assert_eq!(rows[0]["id"], founder.id().to_string());
    assert_eq!(rows[0]["statements"], 2);
    assert_eq!(rows[0]["records"], 0);
    assert_eq!(
        (&rows[1]["name"], &rows[1]["state"]),
        (&"later".into(), &"invited".into())
    );
    let text = hub.operate_well(&["domain", "list"]);
    assert!(text.starts_with("NAME     STATE"), "{text}");
    assert!(text.contains("later    invited until 20"), "{text}");
}

#[tokio::test]
async fn a_deleted_domain_is_unknown_at_once_and_restored_with_everything() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let mut server = founder.server(&hub.client()).await;
    assert_eq!(server.get("head").await.code(), "");

    let delete = ["domain", "delete", "example", "--yes-delete", "example"];
    let printed = hub.operate_well(&delete);
    assert!(printed.contains("hub domain restore example"), "{printed}");
    assert_eq!(server.get("head").await.code(), "unknown-domain");
    let rows: Value = serde_json::from_str(&hub.operate_well(&LIST)).unwrap();
    assert_eq!(rows[0]["state"], "deleted");
    assert_ne!(rows[0]["since"], Value::Null);
    assert_eq!(rows[0]["statements"], 2, "nothing is erased");
    assert!(hub.operate_well(&delete).contains("already"));

    hub.operate_well(&["domain", "restore", "example"]);
    assert_eq!(server.get("head").await.code(), "");
}

#[tokio::test]
async fn a_hub_that_has_lost_something_says_so_and_goes_on_when_told() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let client = hub.client();
    let mut administrator = founder.sign_in(&client).await;
    let mut server = founder.server(&client).await;
    assert_eq!(server.get("head?statements=9&seq=0").await.code(), "");
    let rows: Value = serde_json::from_str(&hub.operate_well(&LIST)).unwrap();
    assert_eq!(rows[0]["state"], "behind");
    let added = founder.node_added(2);
    let answer = administrator.post("chain?position=2", &added).await;
    assert_eq!(answer.code(), "behind");

    hub.operate_well(&["domain", "go-on", "example"]);
    let rows: Value = serde_json::from_str(&hub.operate_well(&LIST)).unwrap();
    assert_eq!(rows[0]["state"], "active");
    let answer = administrator.post("chain?position=2", &added).await;
    assert_eq!(answer.code(), "");
}

#[tokio::test]
async fn nothing_is_deleted_without_repeating_the_name() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    for arguments in [
        &["domain", "delete", "example"][..],
        &["domain", "delete", "example", "--yes-delete", "another"],
    ] {
        let output = hub.operate(arguments);
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("--yes-delete example"), "{error}");
    }
    let mut server = founder.server(&hub.client()).await;
    assert_eq!(server.get("head").await.code(), "");
}

#[tokio::test]
async fn administrators_are_listed_invited_and_revoked() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let text = hub.operate_well(&["admin", "invite", "example", "b@example.com"]);
    assert!(text.starts_with("sso-invitation-1-"), "{text}");
    let list = ["admin", "list", "example", "--output", "json"];
    let rows: Value = serde_json::from_str(&hub.operate_well(&list)).unwrap();
    assert_eq!(rows[0]["administrator"], "a@example.com");
    assert_eq!(rows[0]["state"], "registered");
    assert_eq!(rows[1]["state"], "invited");

    let client = hub.client();
    let mut administrator = founder.sign_in(&client).await;
    assert_eq!(administrator.get("head").await.code(), "");
    hub.operate_well(&["admin", "revoke", "example", "a@example.com"]);
    hub.operate_well(&["admin", "revoke", "example", "b@example.com"]);
    assert_eq!(administrator.get("head").await.code(), "unknown-session");
    assert!(founder.try_to_sign_in(&client).await.is_none());
    let rows: Value = serde_json::from_str(&hub.operate_well(&list)).unwrap();
    assert_eq!(rows, serde_json::json!([]));
    let output = hub.operate(&["admin", "revoke", "example", "a@example.com"]);
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn everything_of_weight_is_in_the_audit_log() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    hub.operate_well(&["domain", "delete", "example", "--yes-delete", "example"]);
    hub.operate_well(&["domain", "restore", "example"]);
    hub.operate_well(&["admin", "invite", "example", "b@example.com"]);
    hub.operate_well(&["admin", "revoke", "example", "b@example.com"]);
    let file = hub.dir.root().join("audit.jsonl");
    hub.running.stop().await.unwrap();
    let text = hub.dir.read(&file).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let events: Vec<_> = lines
        .iter()
        .map(|it| it["event"].as_str().unwrap())
        .collect();
    for event in [
        "domain-invited",
        "domain-created",
        "statement-taken",
        "domain-closed",
        "domain-opened",
        "administrator-invited",
        "administrator-revoked",
    ] {
        assert!(events.contains(&event), "{event}: {events:?}");
    }
    for line in &lines {
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    let taken = lines.iter().find(|it| it["event"] == "statement-taken");
    let taken = taken.unwrap();
    assert_eq!(taken["domain"], founder.id().to_string());
    assert_eq!(taken["action"], "node-added");
    assert!(!text.contains(&founder.founding.code().text()));
}

#[tokio::test]
async fn metrics_and_health_are_for_the_operator() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let mut server = founder.server(&hub.client()).await;
    assert_eq!(server.get("head").await.code(), "");
    assert_eq!(
        server.post("chain?position=9", b"x").await.code(),
        "malformed"
    );
    assert_eq!(hub.inspect("/health").await, (200, "ok\n".into()));
    let (status, text) = hub.inspect("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "sso_hub_statements_total 2",
        "sso_hub_waiting 0",
        "sso_hub_problems_total{code=\"malformed\"} 1",
        "sso_hub_connections_limit 10000",
        "sso_hub_audit_lost_total 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    let open = text
        .lines()
        .find_map(|it| it.strip_prefix("sso_hub_connections "));
    assert_ne!(open, Some("0"));
    let client = hub.client();
    for path in ["/metrics", "/health"] {
        let url = format!("https://localhost:{}{path}", hub.address().port());
        let answer = client.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 404, "not for strangers");
    }
}

#[tokio::test]
async fn the_database_is_copied_while_it_is_in_use() {
    let hub = TestHub::start().await;
    Founder::of_domain(&hub, "example").await;
    let copy = hub.guard.path().join("copy.db");
    hub.operate_well(&["backup", copy.to_str().unwrap()]);
    let again = hub.operate(&["backup", copy.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(5), "{again:?}");
    hub.operate_well(&["domain", "delete", "example", "--yes-delete", "example"]);

    let hub_database = hub.dir.database();
    hub.running.stop().await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", hub_database.display()));
    }
    std::fs::copy(&copy, &hub_database).unwrap();
    let output = crate::hub::operate(&hub.dir, &LIST);
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["state"], "active", "as it was when it was copied");
}

const LIST: [&str; 4] = ["domain", "list", "--output", "json"];
