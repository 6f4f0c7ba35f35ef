//! A service with two names: while it moves from one to the other, both work, each for itself.

use futures_executor::block_on;
use sso_core::Sso;
use sso_core::config::{EntityId, Service, SharedConfig};
use sso_core::login::{AcsPost, BrowserStep, LoginStart, SignedIn};
use sso_core::logout::{LogoutError, LogoutMessage, LogoutStep};
use sso_core::saml::Rejection;
use sso_core::testkit::{FakeIdp, FakeRequest};

use crate::host::{Browser, Host, config};

#[test]
fn a_sign_in_that_was_begun_before_the_name_changed_is_finished_after_it() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new().to("/wiki"));
    host.source.set(moved(&host.idp, Entity::Kept));
    let signed_in = host.finish(&mut browser, &request).unwrap();
    assert_eq!(signed_in.destination.as_str(), "https://app.example/wiki");
    assert!(host.session(&browser).is_some());
}

#[test]
fn a_session_of_the_former_name_goes_on_until_the_name_is_retired() {
    let host = Host::new();
    let mut browser = Browser::default();
    host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    host.source.set(moved(&host.idp, Entity::Kept));
    assert!(host.session(&browser).is_some());
    host.source
        .set(builder(&host.idp, "https://new.example").build().unwrap());
    assert!(host.session(&browser).is_none());
}

#[test]
fn a_sign_out_that_began_at_one_name_ends_well_where_the_provider_answers() {
    let host = Host::new();
    host.source.set(moved(&host.idp, Entity::Kept));
    let answer = logout_response(&host);
    // The cookies of the old name do not come along.
    let step = host.receive_at(NEW, &Browser::default(), &answer).unwrap();
    assert_eq!((step.step, step.cookies), (None, Vec::new()));
    assert_eq!(step.refused.unwrap().code(), "slo.not_asked");
}

#[test]
fn slo_06_nobody_who_is_signed_in_is_told_otherwise_by_an_answer_that_nobody_waits_for() {
    let host = Host::new();
    host.source.set(moved(&host.idp, Entity::Kept));
    let mut browser = Browser::default();
    let (_, signed_in) = sign_in_at(&host, &mut browser, NEW);
    browser.keep(&signed_in.cookies);
    let answer = logout_response(&host);
    let refused = host.receive_at(NEW, &browser, &answer);
    assert!(matches!(refused, Err(LogoutError::Rejected(_))));
    assert!(host.session(&browser).is_some());
}

#[test]
fn slo_06_a_forged_answer_is_refused_at_every_name() {
    let host = Host::new();
    host.source.set(moved(&host.idp, Entity::Kept));
    let impostor = FakeIdp::impostor();
    let forged = impostor
        .logout_response(&service(NEW).slo_url(), "_1")
        .to_base64();
    let refused = host.receive_at(NEW, &Browser::default(), &forged);
    assert!(matches!(refused, Err(LogoutError::Rejected(_))));
}

#[test]
fn each_name_has_its_own_addresses_and_they_lead_back_to_it() {
    for entity in [Entity::Kept, Entity::New] {
        let host = Host::new();
        host.source.set(moved(&host.idp, entity));
        for base in [NEW, OLD] {
            let mut browser = Browser::default();
            let (request, signed_in) = sign_in_at(&host, &mut browser, base);
            assert_eq!(request.acs_url, format!("{base}/sso-connect/saml/sso"));
            assert_eq!(signed_in.destination.as_str(), format!("{base}/wiki"));
            let named = match entity {
                Entity::Kept => OLD,
                Entity::New => base,
            };
            assert_eq!(request.issuer, format!("{named}/sso-connect"));
        }
    }
}

#[test]
fn an_answer_for_one_name_is_none_for_the_other() {
    for entity in [Entity::Kept, Entity::New] {
        for (begun, answered) in [(NEW, OLD), (OLD, NEW)] {
            let host = Host::new();
            host.source.set(moved(&host.idp, entity));
            let mut browser = Browser::default();
            let request = begin_at(&host, &mut browser, begun);
            let other = begin_at(&host, &mut Browser::default(), answered);
            let response = host.idp.response(&request).with(|response| {
                response.destination = Some(other.acs_url.clone());
                response.assertion.confirmation.recipient = Some(other.acs_url.clone());
            });
            let posted = host.post(&mut browser, &response.to_base64(), &request);
            let refused = posted.unwrap_err().rejection;
            let is_strict = matches!(
                refused,
                Rejection::Destination { .. } | Rejection::Recipient { .. }
            );
            assert!(is_strict, "{refused:?}");
        }
    }
}

#[test]
fn an_answer_to_the_entity_of_the_other_name_is_refused() {
    let host = Host::new();
    host.source.set(moved(&host.idp, Entity::New));
    let mut browser = Browser::default();
    let request = begin_at(&host, &mut browser, NEW);
    let response = host.idp.response(&request).with(|response| {
        response.assertion.audiences = vec![vec![format!("{OLD}/sso-connect")]];
    });
    let posted = host.post(&mut browser, &response.to_base64(), &request);
    let refused = posted.unwrap_err().rejection;
    assert!(refused.to_string().contains("audience"), "{refused}");
}

#[test]
fn whoever_comes_by_no_name_of_ours_comes_by_the_newest() {
    let host = Host::new();
    host.source.set(moved(&host.idp, Entity::Kept));
    for name in ["evil.example", "", "app.example.evil.example"] {
        let request = begin_with(&host.sso.at(name), &mut Browser::default());
        assert_eq!(
            request.acs_url,
            format!("{NEW}/sso-connect/saml/sso"),
            "{name}"
        );
    }
    let by_port = begin_with(&host.sso.at("APP.example:8443"), &mut Browser::default());
    assert_eq!(by_port.acs_url, format!("{OLD}/sso-connect/saml/sso"));
}

#[cfg(feature = "samael")]
#[test]
fn metadata_of_one_entity_have_both_addresses_and_those_of_two_one_each() {
    let host = Host::new();
    let places = |sso: &Sso| {
        let xml = sso.metadata().unwrap();
        let found = [NEW, OLD].map(|base| xml.find(&format!("\"{base}/sso-connect/saml/sso\"")));
        found.map(|at| at.unwrap_or(usize::MAX))
    };
    host.source.set(moved(&host.idp, Entity::Kept));
    for name in ["new.example", "app.example"] {
        let [new, old] = places(&host.sso.at(name));
        assert!(
            new < old && old < usize::MAX,
            "the newest is the first: {new} {old}"
        );
    }
    host.source.set(moved(&host.idp, Entity::New));
    let [new, old] = places(&host.sso.at("new.example"));
    assert!(new < usize::MAX && old == usize::MAX);
    let [new, old] = places(&host.sso.at("app.example"));
    assert!(new == usize::MAX && old < usize::MAX);
}

#[derive(Clone, Copy)]
enum Entity {
    Kept,
    New,
}

/// The service has moved from `app.example` to `new.example`.
fn moved(idp: &FakeIdp, entity: Entity) -> SharedConfig {
    let old_id = config([]).service().entity_id().clone();
    match entity {
        Entity::Kept => named(idp, old_id.clone(), old_id),
        Entity::New => named(idp, service(NEW).entity_id().clone(), old_id),
    }
}

fn named(idp: &FakeIdp, new: EntityId, old: EntityId) -> SharedConfig {
    let builder = SharedConfig::builder(service(NEW).with_entity_id(new));
    let builder = builder.identity_provider(idp.identity_provider("work"));
    builder
        .former(service(OLD).with_entity_id(old))
        .build()
        .unwrap()
}

fn builder(idp: &FakeIdp, base: &str) -> sso_core::config::SharedConfigBuilder {
    SharedConfig::builder(service(base)).identity_provider(idp.identity_provider("work"))
}

fn service(base: &str) -> Service {
    Service::new(base).unwrap()
}

/// An answer of the provider to a sign-out that is not known here.
fn logout_response(host: &Host) -> String {
    let response = host.idp.logout_response(&service(NEW).slo_url(), "_1");
    response.to_base64()
}

impl Host {
    /// A browser brings an answer to a sign-out to one of our names.
    fn receive_at(
        &self,
        base: &str,
        browser: &Browser,
        saml_response: &str,
    ) -> Result<LogoutStep, LogoutError> {
        let message = LogoutMessage::Post {
            saml_request: None,
            saml_response: Some(saml_response),
            relay_state: None,
        };
        let sso = self.sso.at(base.trim_start_matches("https://"));
        block_on(sso.receive_logout(&message, browser.header().as_deref()))
    }
}

fn sign_in_at(host: &Host, browser: &mut Browser, base: &str) -> (FakeRequest, SignedIn) {
    let request = begin_at(host, browser, base);
    let response = host.idp.response(&request).to_base64();
    let post = AcsPost::new(&response, request.relay_state.as_deref());
    let cookies = browser.header_of_a_foreign_form();
    let sso = host.sso.at(base.trim_start_matches("https://"));
    let signed_in = block_on(sso.finish_login(&post, cookies.as_deref())).unwrap();
    (request, signed_in)
}

fn begin_at(host: &Host, browser: &mut Browser, base: &str) -> FakeRequest {
    begin_with(&host.sso.at(base.trim_start_matches("https://")), browser)
}

fn begin_with(sso: &Sso, browser: &mut Browser) -> FakeRequest {
    let start = LoginStart::new().to("/wiki");
    let begun = block_on(sso.begin_login(&start, browser.header().as_deref())).unwrap();
    browser.keep(&begun.cookies);
    match begun.step {
        BrowserStep::Redirect(url) => FakeRequest::read_redirect(&url, None),
        BrowserStep::Form { .. } => panic!("the provider takes redirects"),
    }
}

const NEW: &str = "https://new.example";
const OLD: &str = "https://app.example";
