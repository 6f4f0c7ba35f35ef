//! What identity providers send, for the corpus of the fuzz targets (`sso-core/fuzz`).
//!
//! `SSO_CAPTURE` names the folder that it is written to; the test alone writes to one that is gone
//! afterwards, and shows that the corpus can be made anew.

use std::path::{Path, PathBuf};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sso_core::{Clock as _, SystemClock};

use crate::{
    browserless::{Browser, Request},
    provider::Provider,
    server::{Server, Service},
    simplesamlphp,
};

#[tokio::test]
async fn what_every_provider_sends_can_be_captured_for_the_corpus() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("SSO_CAPTURE");
    let folder = folder.map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    for sign_in in SIGN_INS {
        let response = sign_in.capture(&folder.join(sign_in.name)).await;
        assert!((2_000..20_000).contains(&response), "{response}");
    }
}

/// A sign-in, by how the provider is set up.
struct SignIn {
    /// The folder in the corpus.
    name: &'static str,
    kind: &'static str,
    metadata: &'static str,
    settings: &'static [(&'static str, &'static str)],
}

impl SignIn {
    /// Signs somebody in, writes what that took, and returns how long the response is, in bytes.
    async fn capture(&self, folder: &Path) -> usize {
        let service = Service::new();
        let provider =
            Provider::start(self.kind, self.metadata, &service.metadata(), self.settings).await;
        let metadata = provider.download(self.metadata).await;
        service.trust("captured", &metadata, &[]);
        let server = service.serve().await;
        let answer = self.answer(&server).await;
        let response = BASE64_STANDARD.decode(answer.field("SAMLResponse").unwrap());
        let response = response.unwrap();

        std::fs::create_dir_all(folder).unwrap();
        std::fs::copy(&metadata, folder.join("metadata.xml")).unwrap();
        std::fs::write(folder.join("response.xml"), &response).unwrap();
        let now = SystemClock.now().as_secs().to_string();
        std::fs::write(folder.join("at"), now).unwrap();
        response.len()
    }

    async fn answer(&self, server: &Server) -> Request {
        let mut browser = server.browser();
        let login = server.login("/sso-connect");
        match self.kind {
            "simplesamlphp" => with_password(&mut browser, login).await,
            _ => browser.follow_to_response(login).await,
        }
    }
}

async fn with_password(browser: &mut Browser, login: Request) -> Request {
    let page = browser.follow(login).await;
    browser
        .follow_to_response(simplesamlphp::with_password(&page, "bob"))
        .await
}

const SIGN_INS: [SignIn; 8] = [
    samlp("samlp-assertion", "/metadata?sign=assertion"),
    samlp("samlp-both", "/metadata?sign=both"),
    samlp("samlp-response", "/metadata?sign=response"),
    satosa("satosa-assertion", &[("SIGN", "assertion")]),
    satosa("satosa-both", &[("SIGN", "both")]),
    simplesamlphp("simplesamlphp-assertion", &[("SIGN", "assertion")]),
    simplesamlphp("simplesamlphp-both", &[("SIGN", "both")]),
    simplesamlphp("simplesamlphp-response", &[("SIGN", "response")]),
];

const fn samlp(name: &'static str, metadata: &'static str) -> SignIn {
    SignIn {
        name,
        kind: "samlp",
        metadata,
        settings: &[],
    }
}

const fn satosa(name: &'static str, settings: &'static [(&'static str, &'static str)]) -> SignIn {
    SignIn {
        name,
        kind: "satosa",
        metadata: "/Saml2IDP/proxy.xml",
        settings,
    }
}

const fn simplesamlphp(
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
) -> SignIn {
    SignIn {
        name,
        kind: "simplesamlphp",
        metadata: "/saml2/idp/metadata.php",
        settings,
    }
}
