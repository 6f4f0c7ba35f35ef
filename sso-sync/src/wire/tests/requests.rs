use proptest::prelude::*;

use crate::chain::tests::keys;
use crate::store::DomainId;
use crate::wire::*;

#[test]
fn the_header_is_the_documented_one() {
    let header = request().sign(&keys(1), SESSION, 7);
    insta::assert_snapshot!(header, @"SSO-Connect suite=1, member=5e63db4760bb4d132ef39818c90525df, session=0505050505050505050505050505050505050505050505050505050505050505, counter=7, signature=932beeecfa1c241cc9a97182018b8c633e9a49efdc7e0a62cad436170e57be1dae2e0cc16e6c20281fd4460e398803643ce6f1dc9c0bce28a8efc9c1863b750d");
    assert_eq!(Authorization::parse(&header.to_string()), Some(header));
}

#[test]
fn a_header_in_any_other_form_is_none_of_ours() {
    let header = request().sign(&keys(1), SESSION, 7).to_string();
    for other in [
        header.replace("suite=1", "suite=2"),
        header.replace("counter=7", "counter=07"),
        header.replace("counter=7", "counter=-7"),
        header.replace(", ", ","),
        header.to_uppercase(),
        format!("{header}00"),
        header[..header.len() - 1].to_owned(),
        String::new(),
    ] {
        assert_eq!(Authorization::parse(&other), None, "{other}");
    }
}

#[test]
fn a_signature_is_for_all_of_a_request() {
    let header = request().sign(&keys(1), SESSION, 7);
    let member = keys(1).member("server-1");
    let signed =
        |request: &Request<'_>, header: &Authorization| request.is_signed_by(&member, header);
    assert!(signed(&request(), &header));
    let domain = DomainId::new([9; 32]);
    for other in [
        Request {
            authority: "other.example:443",
            ..request()
        },
        Request {
            domain,
            ..request()
        },
        Request {
            method: "GET",
            ..request()
        },
        Request {
            target: "/sync/v1/other",
            ..request()
        },
        Request {
            body: b"other",
            ..request()
        },
    ] {
        assert!(!signed(&other, &header), "{other:?}");
    }
    let session = SessionId::new([9; 32]);
    for other in [
        Authorization { session, ..header },
        Authorization {
            counter: 8,
            ..header
        },
    ] {
        assert!(!signed(&request(), &other));
    }
    assert!(!request().is_signed_by(&keys(2).member("server-2"), &header));
}

#[test]
fn each_number_of_a_session_is_taken_once() {
    let mut window = CounterWindow::default();
    assert!(window.admit(0));
    assert!(!window.admit(0));
    assert!(window.admit(70));
    assert!(window.admit(7), "63 below the highest");
    assert!(!window.admit(6), "64 below the highest");
    assert!(window.admit(69));
    assert!(!window.admit(69));
    assert!(window.admit(u64::MAX - 1));
    assert!(!window.admit(u64::MAX));
}

proptest! {
    #[test]
    fn no_number_is_ever_taken_twice(counters in proptest::collection::vec(0_u64..200, 0..200)) {
        let mut window = CounterWindow::default();
        let mut taken = std::collections::BTreeSet::new();
        for counter in counters {
            let highest = taken.last().copied().unwrap_or(0);
            let expected = counter + 64 > highest && !taken.contains(&counter);
            prop_assert_eq!(window.admit(counter), expected);
            if expected {
                taken.insert(counter);
            }
        }
    }
}

fn request() -> Request<'static> {
    Request {
        authority: "hub.example:443",
        domain: DomainId::new([8; 32]),
        method: "POST",
        target: "/sync/v1/domains/08/feed?after=3",
        body: b"body",
    }
}

const SESSION: SessionId = SessionId::new([5; 32]);
