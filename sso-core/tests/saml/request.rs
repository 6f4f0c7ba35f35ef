//! What we send to a provider (SAML Core 3.4.1).

use futures_executor::block_on;
use sso_core::config::{IdentityProvider, Service};
use sso_core::saml::binding::{MessageKind, post, redirect};
use sso_core::saml::{AuthnRequest, RequestOptions, RequestedContext};
use sso_core::signature::sign_enveloped;
use sso_core::testkit::{FakeIdp, FakeRequest, KeyKind, NOON};

fn service() -> Service {
    Service::new("https://app.example").unwrap()
}

fn request(provider: &IdentityProvider, options: RequestOptions) -> AuthnRequest {
    let endpoint = provider.sign_in_endpoint().unwrap();
    AuthnRequest::new(&service(), provider, endpoint, options, NOON)
}

/// The request to a provider with all defaults, changed by `change`.
fn written(change: impl FnOnce(IdentityProvider) -> IdentityProvider) -> String {
    let provider = change(FakeIdp::new().identity_provider("fake"));
    let request = request(&provider, RequestOptions::default());
    request.to_xml().replace(request.id(), "_id")
}

#[test]
fn a_request_asks_for_no_more_than_is_configured() {
    insta::assert_snapshot!(written(|it| it), @r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_id" Version="2.0" IssueInstant="2027-01-15T12:00:00Z" Destination="https://idp.example/sso" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="https://app.example/sso-connect/saml/sso"><saml:Issuer>https://app.example/sso-connect</saml:Issuer><samlp:NameIDPolicy AllowCreate="true"/></samlp:AuthnRequest>"#);
}

#[test]
fn a_request_asks_for_all_that_is_configured() {
    let classes = ["urn:mfa", "urn:<better>"].map(str::to_owned).to_vec();
    insta::assert_snapshot!(written(|it| {
        it.with_force_authn(true)
            .with_name_id_format(Some("urn:format".to_owned()))
            .with_requested_context(Some(RequestedContext::exact(classes)))
    }), @r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_id" Version="2.0" IssueInstant="2027-01-15T12:00:00Z" Destination="https://idp.example/sso" ForceAuthn="true" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="https://app.example/sso-connect/saml/sso"><saml:Issuer>https://app.example/sso-connect</saml:Issuer><samlp:NameIDPolicy Format="urn:format" AllowCreate="true"/><samlp:RequestedAuthnContext Comparison="exact"><saml:AuthnContextClassRef>urn:mfa</saml:AuthnContextClassRef><saml:AuthnContextClassRef>urn:&lt;better&gt;</saml:AuthnContextClassRef></samlp:RequestedAuthnContext></samlp:AuthnRequest>"#);
}

/// An oracle: another implementation, which is blind to namespaces, reads the same.
#[cfg(feature = "samael")]
#[test]
fn samael_reads_what_we_ask_for() {
    let classes = ["urn:mfa", "urn:better"].map(str::to_owned).to_vec();
    let provider = FakeIdp::new()
        .identity_provider("fake")
        .with_force_authn(true)
        .with_name_id_format(Some("urn:format".to_owned()))
        .with_requested_context(Some(RequestedContext::exact(classes.clone())));
    let request = request(&provider, RequestOptions::default());
    let read: samael::schema::AuthnRequest = request.to_xml().parse().unwrap();
    assert_eq!(read.id, request.id());
    assert_eq!(read.version, "2.0");
    assert_eq!(read.issue_instant.timestamp(), 1_800_014_400);
    assert_eq!(read.destination.as_deref(), Some("https://idp.example/sso"));
    assert_eq!(
        read.assertion_consumer_service_url,
        Some(service().acs_url())
    );
    assert_eq!(read.force_authn, Some(true));
    let issuer = read.issuer.and_then(|issuer| issuer.value);
    assert_eq!(issuer.as_deref(), Some("https://app.example/sso-connect"));
    let format = read.name_id_policy.and_then(|policy| policy.format);
    assert_eq!(format.as_deref(), Some("urn:format"));
    let context = read.requested_authn_context.unwrap();
    let asked = context.authn_context_class_refs.unwrap_or_default();
    let asked: Vec<_> = asked.into_iter().filter_map(|class| class.value).collect();
    assert_eq!(asked, classes);
}

#[test]
fn at_least_asks_for_the_first_class_only() {
    let classes = ["urn:mfa", "urn:better"].map(str::to_owned).to_vec();
    let xml = written(|it| it.with_requested_context(Some(RequestedContext::at_least(classes))));
    assert!(xml.contains(r#"Comparison="minimum""#), "{xml}");
    assert!(
        xml.contains("urn:mfa") && !xml.contains("urn:better"),
        "{xml}"
    );
}

#[test]
fn req_02_an_identifier_has_160_random_bits() {
    let provider = FakeIdp::new().identity_provider("fake");
    let ids = [(); 2].map(|()| {
        request(&provider, RequestOptions::default())
            .id()
            .to_owned()
    });
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        let digits = id.strip_prefix('_').unwrap();
        assert_eq!(digits.len(), 40);
        assert!(digits.bytes().all(|it| it.is_ascii_hexdigit()), "{digits}");
    }
}

#[test]
fn what_waits_for_the_answer_is_what_was_asked() {
    let context = RequestedContext::exact(vec!["urn:mfa".to_owned()]);
    let provider = FakeIdp::new().identity_provider("fake");
    let provider = provider
        .with_force_authn(true)
        .with_requested_context(Some(context.clone()));
    let request = request(&provider, RequestOptions::default());
    let pending = request.pending(&provider);
    assert_eq!(pending.id, request.id());
    assert_eq!(&pending.identity_provider, provider.name());
    assert_eq!(pending.issued_at, NOON);
    assert!(pending.force_authn);
    assert_eq!(pending.requested_context, Some(context));
}

#[test]
fn req_01_a_signed_request_by_redirect_is_read_by_the_provider() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        // Our key, in the hands of the test kit.
        let ours = FakeIdp::with_key(kind);
        let provider = FakeIdp::another().identity_provider("fake");
        let request = request(&provider, RequestOptions::default());
        let url = &provider.sign_in_endpoint().unwrap().location;
        let (signer, xml) = (ours.signer(), request.to_xml());
        let token = Some("token &=+");
        let url = block_on(redirect::encode(
            MessageKind::Request,
            &xml,
            url,
            token,
            Some(&*signer),
        ));
        let read = FakeRequest::read_redirect(&url.unwrap(), Some(&ours.verifying_key()));
        assert!(read.is_signed);
        assert_eq!(read.xml, xml);
        assert_eq!(read.relay_state.as_deref(), token);
        assert_eq!(read.acs_url, "https://app.example/sso-connect/saml/sso");
        assert_eq!(read.issuer, "https://app.example/sso-connect");
    }
}

#[test]
fn req_01_a_signed_request_by_post_is_read_by_the_provider() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
        let ours = FakeIdp::with_key(kind);
        let provider = FakeIdp::another().identity_provider("fake");
        let request = request(&provider, RequestOptions::default());
        let xml = block_on(sign_enveloped(
            &request.to_xml(),
            request.id(),
            &*ours.signer(),
        ))
        .unwrap();
        let form = post::encode(
            MessageKind::Request,
            &xml,
            "https://idp.example/",
            Some("token"),
        );
        let fields = form
            .fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let read = FakeRequest::read_form(fields, Some(&ours.verifying_key()));
        assert!(read.is_signed);
        assert_eq!(read.id.as_deref(), Some(request.id()));
        assert_eq!(read.relay_state.as_deref(), Some("token"));
    }
}
