//! People who sign in all the time, as a load balancer leads them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::prelude::*;
use http::{Method, StatusCode};
use sso_core::testkit::{FakeIdp, FakeNameId, FakeRequest};
use sso_core::{Clock as _, SystemClock};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::browser::{Answer, Browser};
use crate::site::Site;

/// Everybody, and what they were given.
#[derive(Clone, Debug)]
pub(crate) struct Crowd(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    idp: FakeIdp,
    certificate: String,
    doors: [SocketAddr; 2],
    key: Key,
    given: Mutex<BTreeMap<String, Given>>,
    is_over: AtomicBool,
    sign_ins: AtomicUsize,
}

/// A user's id and secret.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Given {
    id: String,
    secret: Vec<u8>,
}

/// People who go on signing in.
#[derive(Debug)]
pub(crate) struct SigningIn {
    crowd: Crowd,
    tasks: Vec<JoinHandle<()>>,
}

impl Crowd {
    pub(crate) fn of(site: &Site) -> Self {
        Self(Arc::new(Shared {
            idp: site.idp.clone(),
            certificate: site.certificate(),
            doors: site.servers.each_ref().map(|it| it.address),
            key: Key::new(),
            given: Mutex::default(),
            is_over: AtomicBool::new(false),
            sign_ins: AtomicUsize::new(0),
        }))
    }

    /// People who are known at one server, and soon at the other.
    pub(crate) async fn everybody_is_known_everywhere(&self, site: &Site) {
        for number in 0..KNOWN {
            self.at_either(&known(number), 0).await.unwrap();
        }
        let all = format!("all {KNOWN} of {KNOWN} users");
        let hold_all = async || site.servers().iter().all(|it| it.status().contains(&all));
        site.until(hold_all).await;
    }

    /// Those who are known begin to sign in, and go on until they are told to end.
    pub(crate) fn begin(&self) -> SigningIn {
        let tasks = (0..AT_ONCE).map(|number| tokio::spawn(self.clone().go_on(number)));
        SigningIn {
            crowd: self.clone(),
            tasks: tasks.collect(),
        }
    }

    /// Somebody signs in for the first time, and tries again until there is room for them.
    pub(crate) async fn somebody_new(&self, number: usize) {
        let name = format!("new-{number}");
        let wait = async {
            while let Err(refusal) = self.at_either(&name, number).await {
                assert!(refusal.contains("503"), "{refusal}");
            }
        };
        timeout(crate::DEADLINE, wait)
            .await
            .expect("somebody new gets in");
    }

    /// Whoever was ever signed in has one id and one secret, at each server.
    pub(crate) async fn everybody_is_the_same_everywhere(&self, site: &Site) {
        let all = self.0.given.lock().unwrap().len();
        let all = format!("all {all} of {all} users");
        let hold_all = async || site.servers().iter().all(|it| it.status().contains(&all));
        site.until(hold_all).await;
        let names: Vec<_> = self.0.given.lock().unwrap().keys().cloned().collect();
        for name in names {
            for door in self.0.doors {
                self.at(door, &name).await.unwrap();
            }
        }
    }

    async fn go_on(self, first: usize) {
        let mut number = first;
        while !self.0.is_over.load(Ordering::Relaxed) {
            let signed_in = self.at_either(&known(number % KNOWN), number).await;
            signed_in.expect("a known user signs in");
            number += 1;
        }
    }

    /// Signs in at one server, or at the other if that one does not answer well.
    async fn at_either(&self, name: &str, number: usize) -> Result<(), String> {
        let first = self.0.doors[number % 2];
        let other = self.0.doors[(number + 1) % 2];
        let Err(why) = self.at(first, name).await else {
            return Ok(());
        };
        let second = self.at(other, name).await;
        second.map_err(|then| format!("{name}: {first}: {why}; {other}: {then}"))
    }

    async fn at(&self, door: SocketAddr, name: &str) -> Result<(), String> {
        let given = timeout(PATIENCE, self.sign_in(door, name)).await;
        let given = given.map_err(|_| "does not answer".to_owned())??;
        let mut all = self.0.given.lock().unwrap();
        let before = all.entry(name.into()).or_insert_with(|| given.clone());
        assert_eq!(*before, given, "{name} is somebody else at {door}");
        self.0.sign_ins.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn sign_in(&self, door: SocketAddr, name: &str) -> Result<Given, String> {
        let base = format!("https://localhost:{}", door.port());
        let mut browser = Browser::new(&base, &self.0.certificate, door);
        let begun = get(&mut browser, "/sso-connect/saml/login").await?;
        expect(&begun, StatusCode::SEE_OTHER)?;
        let request = FakeRequest::read_redirect(begun.location(), None);
        let response = self.0.idp.response(&request).with(|response| {
            response.assertion.name_id = Some(FakeNameId::persistent(name));
        });
        let response = response.at(SystemClock.now()).to_base64();
        let relay_state = request.relay_state.as_deref().unwrap_or_default();
        let fields = [
            ("SAMLResponse", response.as_str()),
            ("RelayState", relay_state),
        ];
        let arrived = post(&mut browser, "/sso-connect/saml/sso", &fields).await?;
        expect(&arrived, StatusCode::SEE_OTHER)?;
        let key = [("key", self.0.key.text.as_str())];
        let handed = post(&mut browser, "/sso-connect/secret", &key).await?;
        expect(&handed, StatusCode::OK)?;
        let handed = handed.json();
        Ok(Given {
            id: handed["user"].as_str().unwrap().into(),
            secret: self.0.key.open(handed["ciphertext"].as_str().unwrap()),
        })
    }
}

impl SigningIn {
    /// Whether every single one was signed in.
    pub(crate) async fn end(self) {
        self.crowd.0.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        let sign_ins = self.crowd.0.sign_ins.load(Ordering::Relaxed);
        println!("{sign_ins} sign-ins, none failed");
        assert!(sign_ins > KNOWN, "they went on");
    }
}

async fn get(browser: &mut Browser, path: &str) -> Result<Answer, String> {
    let request = browser.request(Method::GET, path);
    let answer = browser.attempt(request.header("accept", "text/html")).await;
    answer.map_err(|error| error.to_string())
}

async fn post(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
) -> Result<Answer, String> {
    let request = browser.request(Method::POST, path).form(fields);
    let answer = browser.attempt(request.header("accept", "text/html")).await;
    answer.map_err(|error| error.to_string())
}

fn expect(answer: &Answer, status: StatusCode) -> Result<(), String> {
    match answer.status == status {
        true => Ok(()),
        false => Err(format!("{}: {}", answer.status, answer.body)),
    }
}

/// What an application has its users' secrets handed over to.
struct Key {
    text: String,
    key: OaepPrivateDecryptingKey,
}

impl Key {
    fn new() -> Self {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        Self {
            text: BASE64_URL_SAFE_NO_PAD.encode(public.as_ref()),
            key: OaepPrivateDecryptingKey::new(key).unwrap(),
        }
    }

    fn open(&self, ciphertext: &str) -> Vec<u8> {
        let ciphertext = BASE64_URL_SAFE_NO_PAD.decode(ciphertext).unwrap();
        let mut room = vec![0; self.key.min_output_size()];
        let opened = self
            .key
            .decrypt(&OAEP_SHA256_MGF1SHA256, &ciphertext, &mut room, None);
        opened.unwrap().to_vec()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

fn known(number: usize) -> String {
    format!("known-{number}")
}

/// How many people there are before anything happens.
const KNOWN: usize = 12;
const AT_ONCE: usize = 2;
/// When a load balancer gives a server up.
const PATIENCE: Duration = Duration::from_secs(10);
