use sso_bin::terminal::Turn;

use crate::world::World;

#[tokio::test]
async fn a_look_at_a_new_name_changes_nothing_and_says_what_it_means() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("hostname check bücher.example.com", []).await;
    let text = said.is_done();
    for part in [
        "from         https://sso.example.com:8443",
        "to           https://xn--bcher-kva.example.com:8443 (bücher.example.com)",
        "DNS          192.0.2.7: this machine, as now",
        "Nothing is in the way.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let said = sso1.give("config history", []).await;
    assert!(!said.is_done().contains("\n2 "));
}

#[tokio::test]
async fn what_is_in_the_way_is_said_with_what_mends_it_and_by_the_exit_code() {
    let (_world, sso1) = World::configured().await;
    for (name, why) in [
        ("nowhere.example.com", "knows no name nowhere.example.com"),
        ("silent.example.com", "does not answer within 3 seconds"),
    ] {
        let said = sso1.give(&format!("hostname check {name}"), []).await;
        assert!(said.text.contains(why), "{}", said.text);
        assert!(
            said.text.contains("to mend it: add the record"),
            "{}",
            said.text
        );
        let failure = said.failure.as_ref().unwrap().to_string();
        assert!(failure.contains("cannot be used yet"), "{failure}");
    }
    let said = sso1
        .give("hostname check nowhere.example.com --output json", [])
        .await;
    assert!(
        said.text.contains("\"verdict\":\"not-yet\""),
        "{}",
        said.text
    );
    let said = sso1.give("hostname check a_b*c", []).await;
    assert!(
        said.failure
            .unwrap()
            .to_string()
            .contains("not the name of a host")
    );
}

#[tokio::test]
async fn a_change_keeps_the_old_name_and_the_entity_id_until_it_is_retired() {
    let (_world, sso1) = World::configured().await;
    let turns = [Turn::confirm("Save this as revision 2?", true)];
    let said = sso1.give("hostname change new.example.com", turns).await;
    let text = said.is_done();
    for part in [
        "~ base_url: https://sso.example.com:8443 → https://new.example.com:8443",
        "+ former_base_urls: ",
        "+ entity_id: https://sso.example.com:8443/sso-connect",
        "Saved as revision 2.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let refused = sso1.give("hostname retire sso.example.com --yes", []).await;
    let failure = refused.failure.as_ref().unwrap().to_string();
    assert!(failure.contains("nobody can tell"), "{failure}");
    let line = "hostname retire sso.example.com --yes --anyway";
    let said = sso1.give(line, []).await;
    assert!(said.is_done().contains("- former_base_urls"));
    let said = sso1.give(line, []).await;
    let failure = said.failure.as_ref().unwrap().to_string();
    assert!(failure.contains("no former name"), "{failure}");
}

#[tokio::test]
async fn a_new_entity_id_is_only_for_the_new_name() {
    let (_world, sso1) = World::configured().await;
    let line = "hostname change new.example.com --entity-id new --yes";
    let said = sso1.give(line, []).await;
    let text = said.is_done();
    assert!(
        text.contains("+ former_entity_id: https://sso.example.com:8443/sso-connect"),
        "{text}"
    );
    assert!(text.contains("people would be new users"), "{text}");
    let line = "hostname change third.example.com --entity-id new --yes";
    let failure = sso1.give(line, []).await.failure.unwrap();
    assert!(failure.to_string().contains("two at a time"), "{failure}");
}

#[tokio::test]
async fn nothing_is_changed_while_something_is_in_the_way_unless_told() {
    let (_world, sso1) = World::configured().await;
    let failure = sso1
        .give("hostname change nowhere.example.com --yes", [])
        .await
        .failure;
    assert!(failure.unwrap().to_string().contains("nothing was changed"));
    let said = sso1
        .give("hostname change nowhere.example.com --yes --anyway", [])
        .await;
    assert!(said.is_done().contains("Saved as revision 2."));
}

#[tokio::test]
async fn a_base_url_that_is_set_like_any_setting_is_looked_at_before_it_is_saved() {
    let (_world, sso1) = World::configured().await;
    let line = "config set base_url https://nowhere.example.com:8443";
    let turns = [Turn::confirm("Save this as revision 2?", false)];
    let said = sso1.give(line, turns).await;
    let text = said.is_done();
    assert!(
        text.contains("In the way: DNS has no address for nowhere.example.com"),
        "{text}"
    );
    assert!(
        text.contains("sso-connect hostname change https://nowhere.example.com:8443"),
        "{text}"
    );
    assert!(text.contains("Nothing was saved."), "{text}");
}
