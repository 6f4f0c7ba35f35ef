//! Signed requests.

use super::*;

#[test]
fn the_header_of_a_signed_request_is_the_documented_one() {
    insta::assert_snapshot!(request().sign(&keys(1)).header(), @"SSO-Connect suite=1, member=5e63db4760bb4d132ef39818c90525df, session=0808080808080808080808080808080808080808080808080808080808080808, counter=42, signature=0accb2dda170bd7d432a4e2cbf0060cc2cb3298a51ab7d26adaae479bd82144b302a57e543455854b5b569fa403adbc5ab40f24b28864cfd571a9a09ccd73c07");
}

#[test]
fn a_header_is_read_again() {
    let signature = request().sign(&keys(1));
    assert_eq!(RequestSignature::parse(&signature.header()), Ok(signature));
}

#[test]
fn a_signature_covers_every_part_of_the_request() {
    let signature = request().sign(&keys(1)).signature;
    let member = keys(1).member("server-1");
    let holds = |request: SignedRequest<'_>| request.is_signed_by(&member, &signature);
    assert!(holds(request()));
    let changed = [
        SignedRequest {
            authority: "hub.example.org:443",
            ..request()
        },
        SignedRequest {
            domain: DomainId::new([2; 32]),
            ..request()
        },
        SignedRequest {
            member: keys(2).id(),
            ..request()
        },
        SignedRequest {
            session: SessionId::new([7; 32]),
            ..request()
        },
        SignedRequest {
            counter: 43,
            ..request()
        },
        SignedRequest {
            method: "PUT",
            ..request()
        },
        SignedRequest {
            target: "/sync/v1/domains?after=8",
            ..request()
        },
        SignedRequest {
            body: b"another",
            ..request()
        },
    ];
    for request in changed {
        assert!(!holds(request), "{request:?}");
    }
    let other = keys(2).member("server-2");
    assert!(!request().is_signed_by(&other, &signature));
}

#[test]
fn a_header_in_another_form_is_refused() {
    let header = request().sign(&keys(1)).header();
    let refused = |from: &str, to: &str| RequestSignature::parse(&header.replace(from, to));
    for (from, to) in [
        ("SSO-Connect", "sso-connect"),
        ("counter=42", "counter=042"),
        ("counter=42", "counter=-42"),
        ("counter=42", "counter=18446744073709551616"),
        (", counter", ",counter"),
        ("session=08", "session=0g"),
        ("session=08", "session=8"),
        ("member=", "Member="),
    ] {
        let malformed = Err(RequestSignatureError::Malformed);
        assert_eq!(refused(from, to), malformed, "{to}");
    }
    assert_eq!(
        refused("suite=1", "suite=2"),
        Err(RequestSignatureError::Newer)
    );
    let longer = format!("{header}, more=1");
    assert_eq!(
        RequestSignature::parse(&longer),
        Err(RequestSignatureError::Malformed)
    );
}

fn request() -> SignedRequest<'static> {
    SignedRequest {
        authority: "hub.example.com:443",
        domain: DOMAIN,
        member: keys(1).id(),
        session: SESSION,
        counter: 42,
        method: "POST",
        target: "/sync/v1/domains?after=7",
        body: b"body",
    }
}
