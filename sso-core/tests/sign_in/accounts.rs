//! Who is whose user.

use sso_core::config::IdpName;
use sso_core::login::LoginStart;
use sso_core::testkit::{FakeIdp, FakeNameId};
use sso_core::user::{User, UserId};

use crate::host::{Browser, Host, config};

/// A host that believes two providers: `work`, and `other`.
fn host() -> (Host, FakeIdp) {
    let (host, other) = (Host::new(), FakeIdp::another());
    host.source.set(config([
        host.idp.identity_provider("work"),
        other.identity_provider("other"),
    ]));
    (host, other)
}

/// Whom `idp`, configured as `at`, signs in as `name`, whose e-mail address is Alice's.
fn sign_in(host: &Host, idp: &FakeIdp, at: &str, name: &FakeNameId) -> User {
    let mut browser = Browser::default();
    let start = LoginStart::new().at(IdpName::new(at).unwrap());
    let request = host.begin(&mut browser, &start);
    let response = idp
        .response(&request)
        .with(|it| it.assertion.name_id = Some(name.clone()));
    let posted = host.post(&mut browser, &response.to_base64(), &request);
    posted.unwrap().user
}

#[test]
fn cfg_06_a_provider_gets_no_user_of_another_by_name_or_address() {
    let (host, other) = host();
    let alice = FakeNameId::persistent("alice");
    let ours = sign_in(&host, &host.idp, "work", &alice);
    let theirs = sign_in(&host, &other, "other", &alice);
    assert_eq!(ours.profile.email, theirs.profile.email);
    assert_ne!(ours.id, theirs.id);
    assert_eq!(sign_in(&host, &host.idp, "work", &alice).id, ours.id);
}

#[test]
fn cfg_06_format_and_qualifiers_belong_to_a_name() {
    let host = Host::new();
    let alice = FakeNameId::persistent("alice");
    let email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    let mut qualified = alice.clone();
    qualified.sp_name_qualifier = Some("urn:another".to_owned());
    let names = [alice, FakeNameId::new("alice", email), qualified];
    let ids: Vec<UserId> = names
        .iter()
        .map(|name| sign_in(&host, &host.idp, "work", name).id)
        .collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}

#[test]
fn cfg_08_names_that_differ_in_case_are_two_users() {
    let host = Host::new();
    let [small, large] = ["alice", "Alice"].map(FakeNameId::persistent);
    let first = sign_in(&host, &host.idp, "work", &small);
    assert_ne!(first.id, sign_in(&host, &host.idp, "work", &large).id);
    assert_eq!(first.id, sign_in(&host, &host.idp, "work", &small).id);
}

#[test]
fn cfg_10_groups_are_those_of_the_last_sign_in() {
    let host = Host::new();
    let mut browser = Browser::default();
    let mut groups_after = |groups: &[&str]| {
        let request = host.begin(&mut browser, &LoginStart::new());
        let groups = groups.iter().map(|&it| it.to_owned()).collect();
        let response = host
            .idp
            .response(&request)
            .with(|it| it.assertion.attributes = vec![("Groups".to_owned(), groups)]);
        let posted = host.post(&mut browser, &response.to_base64(), &request);
        let groups = posted.unwrap().user.profile.groups;
        assert_eq!(host.session(&browser).unwrap().1.profile.groups, groups);
        groups
    };
    assert_eq!(groups_after(&["admins", "staff"]), ["admins", "staff"]);
    assert_eq!(groups_after(&["staff"]), ["staff"]);
    assert!(groups_after(&[]).is_empty());
}
