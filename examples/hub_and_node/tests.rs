use std::time::Duration;

use sso_core::cookie::SetCookie;
use sso_core::login::{AcsPost, BrowserStep, LoginStart};
use sso_core::testkit::{FakeIdp, FakeRequest, ManualClock, NOON};
use tempfile::TempDir;

use super::*;

#[tokio::test]
async fn a_user_who_was_made_at_one_server_is_found_at_the_other() {
    let domain = Domain::new().await;
    let bob = AccountKey::new("https://idp.example.com", "attribute:mail", "bob");
    let made = domain.one.users.create(&bob, &Profile::default()).await;
    let made = made.unwrap().into_user();
    within(domain.two.node.look()).await.unwrap();
    let found = domain.two.users.find(&bob).await.unwrap();
    assert_eq!(found.as_ref(), Some(&made));
    let [here, there] = [&domain.one, &domain.two].map(|it| it.users.secret(&made.id));
    let (here, there) = (here.await.unwrap().unwrap(), there.await.unwrap().unwrap());
    assert_eq!(here.expose(), there.expose());
}

#[tokio::test]
async fn a_configuration_that_is_saved_reaches_both_servers() {
    let mut domain = Domain::new().await;
    domain.save(Fields::new().with("base_url", HERE)).await;
    for server in [&domain.one, &domain.two] {
        let config = within(server.config.first()).await.current();
        assert_eq!(config.service().base_url(), HERE);
    }
}

#[tokio::test]
async fn a_browser_may_begin_at_one_server_and_end_at_the_other() {
    let (idp, mut domain) = (FakeIdp::new(), Domain::new().await);
    let settings = Fields::new().with("base_url", HERE);
    let metadata = "identity_providers.work.metadata";
    domain.save(settings.with(metadata, idp.metadata())).await;
    let (one, two) = (sso(&domain.one).await, sso(&domain.two).await);

    let begun = one.begin_login(&LoginStart::new(), None).await.unwrap();
    let BrowserStep::Redirect(url) = &begun.step else {
        panic!("{:?}", begun.step);
    };
    let request = FakeRequest::read_redirect(url, None);
    let response = idp.response(&request).to_base64();
    let post = AcsPost::new(&response, request.relay_state.as_deref());
    let pending = cookies(&begun.cookies);
    let done = two.finish_login(&post, pending.as_deref());
    let session = cookies(&done.await.unwrap().cookies);

    // The user is new at two; news of that comes by itself, a moment later.
    within(domain.one.node.look()).await.unwrap();
    let (_, user) = one.session(session.as_deref()).await.unwrap().unwrap();
    assert_eq!(user.account.value, "alice");
}

/// Two servers, and the administrator of their domain.
struct Domain {
    alice: Administrator,
    one: Server,
    two: Server,
    _folder: TempDir,
}

impl Domain {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (link, mut alice) = hub::found("example").await.unwrap();
        let one = Server::join("one", &mut alice, &link, folder.path()).await;
        let two = Server::join("two", &mut alice, &link, folder.path()).await;
        Self {
            alice,
            one: one.unwrap(),
            two: two.unwrap(),
            _folder: folder,
        }
    }

    async fn save(&mut self, settings: Fields) {
        self.alice.save(0, &settings.into()).await.unwrap();
    }
}

async fn sso(server: &Server) -> Sso {
    let sso = within(server.sso()).await;
    sso.clock(ManualClock::at(NOON)).build()
}

/// A hang fails.
async fn within<T>(what: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_mins(1), what).await;
    done.unwrap()
}

fn cookies(set: &[SetCookie]) -> Option<String> {
    let pairs = set.iter().map(ToString::to_string);
    let pairs = pairs.filter_map(|it| it.split(';').next().map(str::to_owned));
    Some(pairs.collect::<Vec<_>>().join("; "))
}

const HERE: &str = "https://app.example.com";
