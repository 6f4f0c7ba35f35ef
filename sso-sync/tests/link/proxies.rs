//! Through proxies that are not ours.

use std::time::Duration;

use http::Version;
use sso_sync::link::{CallError, HttpLink, HttpLinkSettings, LinkError, ProxySettings, info};
use zeroize::Zeroizing;

use super::authority::Authority;
use super::direct::closed_port;
use super::hub::Served;
use super::programs::Program;

#[tokio::test]
async fn an_http_proxy_lets_through_who_knows_the_password() {
    let served = Served::new().await;
    let proxy = Program::tinyproxy("BasicAuth me secret").await;
    let link = through(&served, &http(&proxy, Some(("me", "secret"))));
    served.converse(link).await;
    assert!(served.versions().contains(&Version::HTTP_2));
    for user in [None, Some(("me", "wrong")), Some(("you", "secret"))] {
        let error = ask(&served, &http(&proxy, user)).await.unwrap_err();
        let CallError::Link(error @ LinkError::ProxyAuthentication { .. }) = error else {
            panic!("{error:?}");
        };
        let said = error.to_string();
        assert!(said.contains("check both in the settings") && said.contains("it answers 40"));
        assert!(!said.contains("secret") && !error.is_worth_retrying());
    }
}

#[tokio::test]
async fn an_http_proxy_that_forbids_the_port_is_named_with_what_it_says() {
    let served = Served::new().await;
    let proxy = Program::tinyproxy("ConnectPort 1").await;
    let error = ask(&served, &http(&proxy, None)).await.unwrap_err();
    let CallError::Link(LinkError::ProxyRefused { answer, .. }) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(answer, "it answers 403 Forbidden");
    let port = proxy.port.to_string();
    assert!(error.to_string().contains(&port), "{error}");
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_unreachable_behind_every_proxy() {
    let served = Served::new().await;
    let address = format!("https://localhost:{}", closed_port().await);
    let tinyproxy = Program::tinyproxy("").await;
    let microsocks = Program::microsocks(None).await;
    for proxy in [http(&tinyproxy, None), socks(&microsocks, None)] {
        let settings = HttpLinkSettings::new(&address).also_trusting(served.authority.file());
        let error = info(&HttpLink::new(&settings.through(proxy)).unwrap()).await;
        let error = error.unwrap_err();
        assert!(
            matches!(error, CallError::Link(LinkError::Unreachable { .. })),
            "{error:?}"
        );
        assert!(error.is_worth_retrying());
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_unreachable_itself() {
    let served = Served::new().await;
    let port = closed_port().await;
    for scheme in ["http", "https", "socks5h"] {
        let proxy = ProxySettings::parse(&format!("{scheme}://127.0.0.1:{port}")).unwrap();
        let error = ask(&served, &proxy).await.unwrap_err();
        assert!(
            matches!(error, CallError::Link(LinkError::ProxyUnreachable { .. })),
            "{error:?}"
        );
        assert!(
            error
                .to_string()
                .contains(&format!("{scheme}://127.0.0.1:{port}"))
        );
    }
    assert_eq!(served.connections(), 0);
}

#[tokio::test]
async fn a_socks_proxy_lets_through_who_knows_the_password() {
    let served = Served::new().await;
    let proxy = Program::microsocks(Some(("me", "secret"))).await;
    let link = through(&served, &socks(&proxy, Some(("me", "secret"))));
    served.converse(link).await;
    for user in [None, Some(("me", "wrong"))] {
        let error = ask(&served, &socks(&proxy, user)).await.unwrap_err();
        assert!(
            matches!(
                error,
                CallError::Link(LinkError::ProxyAuthentication { .. })
            ),
            "{error:?}"
        );
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_socks_proxy_without_users_is_told_none() {
    let served = Served::new().await;
    let proxy = Program::microsocks(None).await;
    let link = through(&served, &socks(&proxy, None));
    served.converse(link).await;
}

#[tokio::test]
async fn what_speaks_another_protocol_is_no_proxy() {
    let served = Served::new().await;
    let tinyproxy = Program::tinyproxy("").await;
    let microsocks = Program::microsocks(None).await;
    for proxy in [socks(&tinyproxy, None), http(&microsocks, None)] {
        // Each waits for the other to go on.
        let settings = served.settings().through(proxy);
        let settings = settings.connecting_within(Duration::from_secs(1));
        let error = info(&HttpLink::new(&settings).unwrap()).await.unwrap_err();
        assert!(
            matches!(error, CallError::Link(LinkError::ProxyUnreachable { .. })),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_proxy_that_inspects_tls_is_believed_by_who_trusts_its_authority() {
    let served = Served::new().await;
    let inspector = Authority::new();
    let proxy = Program::inspecting(&inspector, &served.authority.file()).await;
    let through =
        |settings: HttpLinkSettings| HttpLink::new(&settings.through(http(&proxy, None))).unwrap();
    let settings = served.untrusted().also_trusting(inspector.file());
    served.converse(through(settings)).await;

    // Who trusts the hub only finds somebody in between.
    let error = info(&through(served.settings())).await.unwrap_err();
    assert!(
        matches!(error, CallError::Link(LinkError::Certificate { .. })),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("if a proxy on the way inspects TLS")
    );
    let pinned = served.untrusted().pinning(served.certificate());
    let error = info(&through(pinned)).await;
    assert!(matches!(
        error,
        Err(CallError::Link(LinkError::Certificate { .. }))
    ));
}

#[tokio::test]
async fn a_proxy_is_reached_by_tls_if_its_certificate_is_trusted() {
    let served = Served::new().await;
    served.authority.server("127.0.0.1", &[]);
    let certificate = served.authority.folder.path().join("127.0.0.1-and-key.pem");
    let proxy = Program::encrypted(&certificate).await;
    let address = format!("https://127.0.0.1:{}", proxy.port);
    let settings = ProxySettings::parse(&address).unwrap();
    let link = through(&served, &settings);
    served.converse(link).await;

    let error = HttpLink::new(&served.untrusted().through(settings)).unwrap();
    let error = info(&error).await.unwrap_err();
    let CallError::Link(LinkError::Certificate { hub, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(hub, format!("127.0.0.1:{}", proxy.port));
}

#[tokio::test]
async fn what_is_exempt_is_reached_without_the_proxy() {
    let served = Served::new().await;
    let nobody = format!("http://127.0.0.1:{}", closed_port().await);
    let proxy = ProxySettings::parse(&nobody).unwrap();
    let settings = served.settings().through(proxy);
    let exempt = settings.clone().but_directly_to("example.com, localhost");
    let link = HttpLink::new(&exempt.unwrap()).unwrap();
    info(&link).await.unwrap();
    let others = settings.but_directly_to("example.com").unwrap();
    let error = info(&HttpLink::new(&others).unwrap()).await;
    assert!(matches!(
        error,
        Err(CallError::Link(LinkError::ProxyUnreachable { .. }))
    ));
}

fn http(proxy: &Program, user: Option<(&str, &str)>) -> ProxySettings {
    settings("http", proxy.port, user)
}

fn socks(proxy: &Program, user: Option<(&str, &str)>) -> ProxySettings {
    settings("socks5h", proxy.port, user)
}

fn settings(scheme: &str, port: u16, user: Option<(&str, &str)>) -> ProxySettings {
    let Some((user, password)) = user else {
        return ProxySettings::parse(&format!("{scheme}://127.0.0.1:{port}")).unwrap();
    };
    let proxy = ProxySettings::parse(&format!("{scheme}://{user}@127.0.0.1:{port}"));
    proxy
        .unwrap()
        .with_password(Zeroizing::new(password.into()))
}

fn through(served: &Served, proxy: &ProxySettings) -> HttpLink {
    HttpLink::new(&served.settings().through(proxy.clone())).unwrap()
}

async fn ask(served: &Served, proxy: &ProxySettings) -> Result<(), CallError> {
    info(&through(served, proxy)).await.map(drop)
}
