//! The messages that we send.

use sso_core::saml::binding::MessageKind;
use sso_core::saml::logout::{LogoutRequest, LogoutResponse, LogoutStatus};
use sso_core::saml::metadata::{Binding, Endpoint};
use sso_core::session::Session;
use sso_core::testkit::{FakeIdp, FakeNameId, NOON, ReceivedLogout};

use super::exit::{Exit, field, session};

#[test]
fn our_request_names_the_session_as_the_provider_did() {
    let exit = Exit::new();
    let mut name = FakeNameId::persistent("alice & <bob>");
    name.name_qualifier = Some("urn:idp".to_owned());
    name.sp_name_qualifier = Some("urn:sp".to_owned());
    let session = session(&exit.idp, &name, Some("_1"));
    let request = request(&exit, &session).unwrap();
    let xml = request.to_xml().replace(request.id(), "ID");
    insta::assert_snapshot!(xml, @r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="ID" Version="2.0" IssueInstant="2027-01-15T12:00:00Z" Destination="https://idp.example/slo" NotOnOrAfter="2027-01-15T12:05:00Z"><saml:Issuer>https://app.example/sso-connect</saml:Issuer><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" NameQualifier="urn:idp" SPNameQualifier="urn:sp">alice &amp; &lt;bob&gt;</saml:NameID><samlp:SessionIndex>_1</samlp:SessionIndex></samlp:LogoutRequest>"#);

    let read = read(MessageKind::Request, &request.to_xml());
    assert_eq!(read.id, request.id());
    assert_eq!(read.name_id, Some(session.name_id));
    assert_eq!(read.session_indexes, ["_1"]);
}

#[test]
fn without_a_session_index_all_sessions_of_the_name_are_meant() {
    let exit = Exit::new();
    let session = session(&exit.idp, &FakeNameId::persistent("alice"), None);
    let xml = request(&exit, &session).unwrap().to_xml();
    assert!(!xml.contains("SessionIndex"), "{xml}");
}

#[test]
fn every_request_has_an_identifier_of_its_own_which_is_remembered() {
    let exit = Exit::new();
    let session = session(&exit.idp, &FakeNameId::persistent("alice"), None);
    let [one, two] = [(); 2].map(|()| request(&exit, &session).unwrap());
    assert_ne!(one.id(), two.id());
    assert_eq!(one.pending().id, one.id());
    assert_eq!(one.pending().identity_provider.as_str(), "fake");
}

#[test]
fn what_is_stored_must_be_one_name_and_nothing_else() {
    let exit = Exit::new();
    let alice = session(&exit.idp, &FakeNameId::persistent("alice"), None);
    let name = alice.name_id.clone();
    for odd in [
        String::new(),
        "alice".to_owned(),
        "<saml:NameID>alice</saml:NameID>".to_owned(),
        name.replace("NameID", "Issuer"),
        name.replace("SAML:2.0", "SAML:1.1"),
        name.replace("alice", "<b/>alice"),
        format!("{name}{name}"),
        format!("{name}<samlp:SessionIndex/>"),
        format!("<!DOCTYPE a>{name}"),
    ] {
        let mut session = alice.clone();
        session.name_id.clone_from(&odd);
        assert!(request(&exit, &session).is_none(), "{odd}");
    }
}

#[test]
fn our_answer_repeats_the_request_and_says_success() {
    let exit = Exit::new();
    let endpoint = exit.providers[0].sign_out_endpoint().unwrap();
    let answer = LogoutResponse::new(&exit.service, endpoint, "_1", LogoutStatus::Success, NOON);
    let xml = answer.to_xml().replace(answer.id(), "ID");
    insta::assert_snapshot!(xml, @r#"<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="ID" Version="2.0" IssueInstant="2027-01-15T12:00:00Z" Destination="https://idp.example/slo" InResponseTo="_1"><saml:Issuer>https://app.example/sso-connect</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>"#);
}

#[test]
fn our_answer_has_the_codes_of_its_status() {
    let codes = |status| {
        let exit = Exit::new();
        let endpoint = exit.providers[0].sign_out_endpoint().unwrap();
        let answer = LogoutResponse::new(&exit.service, endpoint, "_1", status, NOON);
        let codes = read(MessageKind::Response, &answer.to_xml()).status;
        let short = |it: &String| it.rsplit(':').next().unwrap().to_owned();
        codes.iter().map(short).collect::<Vec<_>>()
    };
    assert_eq!(codes(LogoutStatus::Success), ["Success"]);
    assert_eq!(
        codes(LogoutStatus::PartialLogout),
        ["Success", "PartialLogout"]
    );
    assert_eq!(codes(LogoutStatus::Requester), ["Requester"]);
}

#[test]
fn our_answer_goes_to_the_response_location_and_our_request_does_not() {
    let exit = Exit::new();
    let endpoint = Endpoint::new(Binding::Redirect, "https://idp.example:443/slo").unwrap();
    let endpoint = endpoint
        .with_response_location("https://idp.example/slo/done")
        .unwrap();
    let answer = LogoutResponse::new(&exit.service, &endpoint, "_1", LogoutStatus::Success, NOON);
    let read_answer = read(MessageKind::Response, &answer.to_xml());
    assert_eq!(
        read_answer.destination.unwrap(),
        "https://idp.example/slo/done"
    );

    let session = session(&exit.idp, &FakeNameId::persistent("alice"), None);
    let request = LogoutRequest::new(&exit.service, &exit.providers[0], &endpoint, &session, NOON);
    let read_request = read(MessageKind::Request, &request.unwrap().to_xml());
    assert_eq!(
        read_request.destination.unwrap(),
        "https://idp.example:443/slo"
    );
}

#[test]
fn our_request_is_signed_as_a_whole() {
    let exit = Exit::new();
    let session = session(&exit.idp, &FakeNameId::persistent("alice"), None);
    let request = request(&exit, &session).unwrap();
    let signer = FakeIdp::another();
    let signed = signer.sign(&request.to_xml(), request.id());
    let (kind, field) = (MessageKind::Request, field(&signed));
    let key = signer.verifying_key();
    let read = ReceivedLogout::read_form([(kind.parameter(), field.as_str())], kind, Some(&key));
    assert!(read.is_signed);
}

fn request(exit: &Exit, session: &Session) -> Option<LogoutRequest> {
    let provider = &exit.providers[0];
    let endpoint = provider.sign_out_endpoint().unwrap();
    LogoutRequest::new(&exit.service, provider, endpoint, session, NOON)
}

fn read(kind: MessageKind, xml: &str) -> ReceivedLogout {
    let field = field(xml);
    ReceivedLogout::read_form([(kind.parameter(), field.as_str())], kind, None)
}
