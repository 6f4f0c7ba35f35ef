//! A receiver of one's own, and what a server tells it.

use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use sso_core::UnixTime;
use sso_core::testkit::ManualClock;
use sso_sync::feed::Refusal;
use sso_sync::node::{Alarm, Away};
use sso_sync::store::Seq;

use super::*;
use crate::control::{ConfirmedReport, DeletionReport, Moment};
use crate::key_files;
use crate::server::Server;
use crate::tls;

#[test]
fn a_deletion_is_told_once_at_each_of_its_steps() {
    let mut news = news(Marks::default());
    assert_eq!(kinds(&mut news, &Seen::default(), NOON), []);
    assert_eq!(
        kinds(&mut news, &announced(), NOON),
        [Kind::DeletionAnnounced]
    );
    assert_eq!(kinds(&mut news, &announced(), NOON), []);
    assert_eq!(
        kinds(&mut news, &confirmed(), NOON),
        [Kind::DeletionConfirmed]
    );
    let goes_on = Seen::default();
    assert_eq!(kinds(&mut news, &goes_on, NOON), [Kind::DeletionCancelled]);
    assert_eq!(kinds(&mut news, &goes_on, NOON), []);
}

#[test]
fn every_server_names_what_happens_to_the_domain_alike() {
    let (mut one, mut other) = (news(Marks::default()), other_news());
    let ids = |news: &mut News, seen: &Seen| -> Vec<_> {
        news.of(seen, NOON).into_iter().map(|it| it.id).collect()
    };
    assert_eq!(ids(&mut one, &announced()), ids(&mut other, &announced()));
    assert_eq!(
        ids(&mut one, &Seen::default()),
        ids(&mut other, &Seen::default())
    );
    assert_ne!(ids(&mut one, &revoked()), ids(&mut other, &revoked()));
}

#[test]
fn after_a_restart_nothing_is_told_again_and_nothing_left_out() {
    let mut before = news(Marks::default());
    let told = before.of(&announced(), NOON);
    told.iter().for_each(|event| before.delivered(&event.id));
    let marks = before.changed_marks().unwrap().clone();
    assert_eq!(before.changed_marks(), None);
    let mut after = news(marks);
    assert_eq!(kinds(&mut after, &announced(), NOON), []);
    assert_eq!(
        kinds(&mut after, &Seen::default(), NOON),
        [Kind::DeletionCancelled]
    );

    let mut unsent = news(Marks::default());
    unsent.of(&announced(), NOON);
    let mut after = news(unsent.changed_marks().unwrap().clone());
    assert_eq!(
        kinds(&mut after, &announced(), NOON),
        [Kind::DeletionAnnounced]
    );
}

#[test]
fn a_hub_that_is_away_is_told_after_the_time_that_was_set_and_once() {
    let mut news = news(Marks::default());
    let away = Seen {
        away: Some(Away {
            since: NOON,
            why: "no route".into(),
        }),
        ..Seen::default()
    };
    let almost = NOON.later(HOUR - Duration::from_secs(1));
    assert_eq!(kinds(&mut news, &away, almost), []);
    assert_eq!(kinds(&mut news, &away, NOON.later(HOUR)), [Kind::HubAway]);
    assert_eq!(kinds(&mut news, &away, NOON.later(2 * HOUR)), []);
}

#[test]
fn an_alarm_is_told_again_if_it_was_over_in_between() {
    let mut news = news(Marks::default());
    let fork = alarm(Refusal::Fork { at: Seq::START });
    assert_eq!(kinds(&mut news, &fork, NOON), [Kind::Fork]);
    assert_eq!(kinds(&mut news, &fork, NOON.later(HOUR)), []);
    assert_eq!(kinds(&mut news, &Seen::default(), NOON.later(HOUR)), []);
    assert_eq!(kinds(&mut news, &fork, NOON.later(2 * HOUR)), [Kind::Fork]);
    let other = alarm(Refusal::WrongRecords);
    assert_eq!(
        kinds(&mut news, &other, NOON.later(2 * HOUR)),
        [Kind::Alarm]
    );
    assert_eq!(kinds(&mut news, &revoked(), NOON), [Kind::Revoked]);
}

#[test]
fn the_signature_is_that_of_time_and_body() {
    // HMAC-SHA-256 of "7.{}" under "0123456789abcdef", as `openssl dgst -hmac` has it.
    let expected = "t=7,v1=3cd0ad802237a2c96b7ee3b06705b7350cc8cf0ba4123033d13eda91ad9c4ec2";
    let signature = post::signature("0123456789abcdef", 7, b"{}");
    assert_eq!(signature, expected);
}

#[tokio::test]
async fn what_is_told_arrives_signed_though_the_receiver_fails_at_first() {
    let receiver = Receiver::start(2);
    let delivery = receiver.delivery();
    let mut news = news(Marks::default());
    let event = news.of(&announced(), NOON).remove(0);
    delivery.send(event.clone());
    let mut delivery = delivery;
    let arrived = tokio::time::timeout(PATIENCE, delivery.delivered()).await;
    assert_eq!(arrived.unwrap(), event.id);

    let requests = receiver.inner.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 3, "two failed");
    let (headers, body) = &requests[2];
    assert_eq!(
        headers[post::SIGNATURE],
        post::signature(SECRET, NOON.as_secs(), body)
    );
    assert_eq!(headers["idempotency-key"], event.id.as_str());
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["event"], "deletion-announced");
    assert_eq!(body["domain"], "example");
    assert_eq!(body["deletion"]["by"], "alice@example.com");
    assert_eq!(body["at"], "2027-01-15T08:00:00Z");
}

#[tokio::test]
async fn a_receiver_that_shows_another_certificate_hears_nothing() {
    let receiver = Receiver::start(0);
    let other = Receiver::start(0);
    let settings = WebhookSettings {
        authorities: Some(other.dir.key_file(crate::data_dir::KeyFile::TlsCertificate)),
        ..receiver.settings()
    };
    let clock = Arc::new(ManualClock::at(NOON));
    let mut post = Post::new(&receiver.dir, &settings, clock).unwrap();
    post.pause = Duration::ZERO;
    let mut delivery = Delivery::start(post);
    let event = news(Marks::default()).of(&announced(), NOON).remove(0);
    let id = event.id.clone();
    delivery.send(event);
    let given_up = tokio::time::timeout(PATIENCE, delivery.delivered()).await;
    assert_eq!(given_up.unwrap(), id);
    assert!(receiver.inner.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_secret_that_is_missing_or_short_is_refused_at_the_start() {
    let receiver = Receiver::start(0);
    let clock = || Arc::new(ManualClock::at(NOON));
    for (secret, is_good) in [("0123456789abcde", false), ("0123456789abcdef", true)] {
        let file = receiver.dir.file("secret");
        receiver.dir.write(&file, secret).unwrap();
        let post = Post::new(&receiver.dir, &receiver.settings(), clock());
        assert_eq!(post.is_ok(), is_good, "{secret}");
    }
    std::fs::remove_file(receiver.dir.file("secret")).unwrap();
    assert!(Post::new(&receiver.dir, &receiver.settings(), clock()).is_err());
}

/// Refuses some requests, and keeps all.
struct Receiver {
    inner: Arc<Kept>,
    server: Server,
    dir: DataDir,
    _guard: tempfile::TempDir,
}

#[derive(Default)]
struct Kept {
    requests: Mutex<Vec<(HeaderMap, Bytes)>>,
    failures: AtomicU32,
}

impl Receiver {
    fn start(failures: u32) -> Self {
        tls::install_provider();
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("data")).unwrap();
        // The verifier of the system looks at the clock of the system.
        key_files::ensure_tls_for(&dir, &["localhost"], crate::wiring::now()).unwrap();
        dir.write(&dir.file("secret"), SECRET).unwrap();
        let inner = Arc::new(Kept {
            failures: failures.into(),
            ..Kept::default()
        });
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(Arc::clone(&inner));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::start(listener, tls::load(&dir).unwrap(), router, 8).unwrap();
        Self {
            inner,
            server,
            dir,
            _guard: guard,
        }
    }

    fn settings(&self) -> WebhookSettings {
        let port = self.server.address().port();
        WebhookSettings {
            url: format!("https://localhost:{port}/hook").parse().unwrap(),
            secret_file: "secret".into(),
            authorities: Some("keys/tls.pem".into()),
            hub_away_minutes: None,
        }
    }

    fn post(&self) -> Post {
        let clock = Arc::new(ManualClock::at(NOON));
        let mut post = Post::new(&self.dir, &self.settings(), clock).unwrap();
        post.pause = Duration::from_millis(1);
        post
    }

    fn delivery(&self) -> Delivery {
        Delivery::start(self.post())
    }
}

async fn receive(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    kept.requests.lock().unwrap().push((headers, body));
    let left = kept
        .failures
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1));
    match left {
        Ok(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Err(_) => StatusCode::NO_CONTENT,
    }
}

/// The names of what is told.
fn kinds(news: &mut News, seen: &Seen, now: UnixTime) -> Vec<Kind> {
    news.of(seen, now).into_iter().map(|it| it.event).collect()
}

fn news(marks: Marks) -> News {
    News::new(&settings("one", "02"), marks, HOUR)
}

fn other_news() -> News {
    News::new(&settings("two", "03"), Marks::default(), HOUR)
}

fn settings(server: &str, node: &str) -> DomainSettings {
    let text = format!(
        "hub = 'https://hub'\ndomain = 'example'\nid = '{}'\nserver = '{server}'\nnode = '{}'",
        "01".repeat(32),
        node.repeat(16)
    );
    toml::from_str(&text).unwrap()
}

fn announced() -> Seen {
    Seen {
        deletion: Some(DeletionReport {
            by: "alice@example.com".into(),
            reason: "moved away".into(),
            announced: Moment(NOON),
            not_before: Moment(NOON.later(168 * HOUR)),
            confirmed: None,
        }),
        ..Seen::default()
    }
}

fn confirmed() -> Seen {
    let mut seen = announced();
    if let Some(deletion) = &mut seen.deletion {
        deletion.confirmed = Some(ConfirmedReport {
            by: "bob@example.com".into(),
            at: Moment(NOON.later(169 * HOUR)),
        });
    }
    seen
}

fn alarm(refusal: Refusal) -> Seen {
    Seen {
        alarm: Some(Alarm::Feed(refusal)),
        ..Seen::default()
    }
}

fn revoked() -> Seen {
    Seen {
        revoked_until: Some(NOON),
        ..Seen::default()
    }
}

const SECRET: &str = "a secret of both sides";
const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_hours(1);
const PATIENCE: Duration = Duration::from_mins(1);
