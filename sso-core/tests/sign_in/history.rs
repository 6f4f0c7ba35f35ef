//! Sessions carry what the server held that began them.

use std::sync::{Arc, Mutex};

use sso_core::login::LoginStart;
use sso_core::session::{History, MAX_MARK_BYTES};
use sso_core::testkit::FakeNameId;

use crate::host::{Browser, Host};

#[test]
fn a_mark_comes_back_with_every_request() {
    let (history, host) = host(Some("a mark"));
    let mut browser = Browser::default();
    let signed_in = host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    assert_eq!(signed_in.session.mark.as_deref(), Some("a mark"));
    assert_eq!(history.seen(), [""; 0]);
    host.session(&browser).unwrap();
    host.session(&browser).unwrap();
    assert_eq!(history.seen(), ["a mark"; 2]);
}

#[test]
fn a_session_without_a_mark_is_a_session() {
    let (history, host) = host(None);
    let mut browser = Browser::default();
    host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    assert!(host.session(&browser).is_some());
    assert_eq!(history.seen(), [""; 0]);
}

#[test]
fn a_mark_has_the_length_that_was_promised_and_no_more() {
    for (length, carried) in [(MAX_MARK_BYTES, true), (MAX_MARK_BYTES + 1, false)] {
        let (_, host) = host(Some(&"x".repeat(length)));
        let mut browser = Browser::default();
        let signed_in = host.sign_in(&mut browser, &LoginStart::new()).unwrap();
        assert_eq!(signed_in.session.mark.is_some(), carried);
    }
}

#[test]
fn a_session_that_has_no_room_for_a_mark_is_one_without() {
    let (history, host) = host(Some(&"x".repeat(MAX_MARK_BYTES)));
    let is_left_out = |length: usize| {
        let mut browser = Browser::default();
        let request = host.begin(&mut browser, &LoginStart::new());
        let response = host.idp.response(&request).with(|response| {
            response.assertion.name_id = Some(FakeNameId::persistent(&"n".repeat(length)));
        });
        let posted = host.post(&mut browser, &response.to_base64(), &request);
        let seen = history.seen().len();
        posted.is_ok() && host.session(&browser).is_some() && history.seen().len() == seen
    };
    assert!((1000..3000).step_by(MAX_MARK_BYTES / 2).any(is_left_out));
}

fn host(mark: Option<&str>) -> (Arc<Told>, Host) {
    let history = Arc::new(Told {
        mark: mark.map(str::to_owned),
        seen: Mutex::default(),
    });
    let host = Host::built(|builder| builder.history(history.clone()));
    (history, host)
}

#[derive(Debug)]
struct Told {
    mark: Option<String>,
    seen: Mutex<Vec<String>>,
}

impl Told {
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl History for Told {
    fn mark(&self) -> Option<String> {
        self.mark.clone()
    }

    fn saw(&self, mark: &str) {
        self.seen.lock().unwrap().push(mark.to_owned());
    }
}
