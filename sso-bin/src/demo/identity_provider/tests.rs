//! What the provider sends, read with the parser and the gate that decide a sign-in.

use sso_core::cert::SelfSigned;
use sso_core::signature::{Algorithms, SoftSigner, verify_enveloped};
use sso_core::testkit::ManualClock;
use sso_core::xml::{Document, Limits};

use super::*;

const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const NOON: sso_core::UnixTime = sso_core::UnixTime::from_secs(1_700_000_000);

#[tokio::test]
async fn an_answer_stands_up_to_the_gate_and_says_who_signed_in() {
    let (provider, signer) = provider();
    let alice = provider.people.named("alice").unwrap();
    let from = provider.entity_id();

    let (_, session) = provider.sessions.begin(&alice.name, NOON);
    let answer = Answer {
        request_id: "_request\"",
        from: &from,
        to: &provider.service,
        at: "https://service.example/acs",
        now: NOON,
    };
    let (xml, id) = answer.accept(alice, &session).unwrap();
    let signed = sign_enveloped(&xml, &id, &*signer).await.unwrap();

    let document = Document::parse(signed.as_bytes(), &Limits::message()).unwrap();
    let keys = [signer.verifying_key().unwrap()];
    let verified = verify_enveloped(document.root(), &keys, &Algorithms::default()).unwrap();
    let document = Document::parse(verified.bytes(), &Limits::message()).unwrap();
    let root = document.root();
    assert_eq!(root.attribute("InResponseTo"), Some("_request\""));
    assert_eq!(
        root.attribute("Destination"),
        Some("https://service.example/acs")
    );
    let said = |name: &str| -> Vec<String> {
        let named = root.descendants().filter(|it| it.is(ASSERTION, name));
        named.map(|it| it.text().unwrap().to_owned()).collect()
    };
    assert_eq!(said("NameID"), ["alice"]);
    assert_eq!(said("Audience"), ["https://service.example"]);
    let attributes = [
        "Alice",
        "Example",
        "alice@example.com",
        "staff",
        "administrators",
    ];
    assert_eq!(said("AttributeValue"), attributes);
}

#[test]
fn only_the_one_service_is_answered() {
    let (provider, _) = provider();
    let read = |issuer: &str, acs: &str, more: &str| {
        let xml = format!(
            r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="{ASSERTION}" ID="_1" Version="2.0" IssueInstant="2023-11-14T22:13:20Z" AssertionConsumerServiceURL="{acs}"{more}><saml:Issuer>{issuer}</saml:Issuer></samlp:AuthnRequest>"#
        );
        messages::read_sign_in(xml.as_bytes(), &provider.service)
            .map(|request| (request.is_forced, request.is_passive))
    };
    let (service, acs) = ("https://service.example", "https://service.example/acs");
    assert_eq!(read(service, acs, ""), Ok((false, false)));
    assert_eq!(
        read(service, acs, r#" ForceAuthn="true""#),
        Ok((true, false))
    );
    assert_eq!(
        read(service, acs, r#" IsPassive="true""#),
        Ok((false, true))
    );
    assert_eq!(
        read("https://other.example", acs, ""),
        Err(Refused::UnknownService)
    );
    let other = "https://other.example/acs";
    assert_eq!(read(service, other, ""), Err(Refused::UnknownService));
    provider.service.acs_urls.learn(other.to_owned());
    for acs in [acs, other] {
        assert_eq!(read(service, acs, ""), Ok((false, false)), "told of it");
    }
}

#[tokio::test]
async fn a_logout_is_believed_only_with_the_signature_of_the_service() {
    let (provider, signer) = provider();
    let to: Url = "https://idp.example/slo".parse().unwrap();
    let write = async |signer: Option<&dyn Signer>| {
        let kind = MessageKind::Request;
        redirect::encode(kind, LOGOUT_REQUEST, &to, Some("a"), signer)
            .await
            .unwrap()
    };
    let read = |url: &str| {
        let (_, query) = url.split_once('?').unwrap();
        messages::read_sign_out(&redirect::decode(query).unwrap(), &provider.service)
    };

    let signed = write(Some(&*signer)).await;
    assert_eq!(read(&signed), Ok(("_2".to_owned(), "alice".to_owned())));
    assert_eq!(read(&write(None).await), Err(Refused::Signature));
    let other_state = signed.replace("RelayState=a", "RelayState=b");
    assert_eq!(read(&other_state), Err(Refused::Signature));
}

fn provider() -> (IdentityProvider, Arc<SoftSigner>) {
    let identity = SelfSigned::for_saml("test", NOON).unwrap();
    let signer = SoftSigner::from_pem(identity.key_pem(), identity.certificate_pem()).unwrap();
    let signer = Arc::new(signer);
    let service = Service {
        entity_id: "https://service.example".to_owned(),
        acs_urls: AcsUrls::new("https://service.example/acs".to_owned()),
        slo_url: "https://service.example/slo".parse().unwrap(),
        key: signer.verifying_key().unwrap(),
    };
    let provider = IdentityProvider::new(
        "https://idp.example",
        Arc::new(People::new().unwrap()),
        service,
        signer.clone(),
        Arc::new(ManualClock::at(NOON)),
    );
    (provider, signer)
}

const LOGOUT_REQUEST: &str = r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_2" Version="2.0" IssueInstant="2023-11-14T22:13:20Z"><saml:Issuer>https://service.example</saml:Issuer><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</saml:NameID><samlp:SessionIndex>_index</samlp:SessionIndex></samlp:LogoutRequest>"#;
