//! Test vectors that a second implementation can check, made from fixed seeds.
//!
//! `UPDATE_VECTORS=1` writes the file anew. HPKE draws its own randomness, so wraps are taken from
//! the file as long as they open.

mod chain;
mod feed;
mod keys;
mod requests;

use std::cell::RefCell;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::cbor;
use crate::chain::tests::hex;
use crate::seal::{DomainKey, MemberKeys, Wrap};
use crate::store::DomainId;

#[test]
fn vectors() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let update = std::env::var_os("UPDATE_VECTORS").is_some();
    let kept_value: Value = serde_json::from_str(&kept).unwrap_or_default();
    let wraps = Wraps::new(&kept_value, update);
    let made = make(&wraps);
    let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
    if update {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    } else {
        assert!(text == kept, "{FILE} differs: UPDATE_VECTORS=1 writes it");
    }
}

fn make(wraps: &Wraps) -> Value {
    let chain = chain::TestChain::new(wraps);
    let described = chain.describe();
    let feed = feed::describe(&chain);
    json!({
        "about": "sso_sync::docs::protocol; byte strings are hexadecimal",
        "members": keys::members(),
        "keys": keys::derived(),
        "sealed": keys::sealed(chain.ring()),
        "chain": described,
        "set": feed::set(),
        "feed": feed,
        "requests": requests::signed(&chain),
        "wraps": wraps.describe(),
    })
}

/// Wraps by name: those of the file, or new ones.
struct Wraps {
    kept: Map<String, Value>,
    update: bool,
    used: RefCell<Map<String, Value>>,
}

impl Wraps {
    fn new(file: &Value, update: bool) -> Self {
        let kept = file.get("wraps").and_then(Value::as_object);
        Self {
            kept: kept.cloned().unwrap_or_default(),
            update,
            used: RefCell::default(),
        }
    }

    fn wrap(
        &self,
        name: &str,
        domain: &DomainId,
        epoch: u64,
        key: &DomainKey,
        keys: &MemberKeys,
    ) -> Wrap {
        let kept = self.kept(name);
        let good = kept.filter(|wrap| wrap.open(domain, epoch, keys).as_ref() == Ok(key));
        let wrap = match good {
            Some(wrap) => wrap,
            None if self.update => Wrap::new(domain, epoch, key, &keys.member("x")).unwrap(),
            None => panic!("{name} does not open"),
        };
        let (_, private) = keys.expose();
        let described = json!({
            "wrap": hex(&cbor::encode(&wrap)),
            "domain": domain.to_string(),
            "epoch": epoch,
            "sealing_private": hex(private),
            "opens_to": hex(key.expose_for_vectors()),
        });
        self.used.borrow_mut().insert(name.into(), described);
        wrap
    }

    fn kept(&self, name: &str) -> Option<Wrap> {
        let bytes = unhex(self.kept.get(name)?.get("wrap")?.as_str()?);
        cbor::decode(&bytes).ok()
    }

    fn describe(&self) -> Value {
        Value::Object(self.used.borrow().clone())
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

const NONCE: [u8; 12] = [7; 12];
const FILE: &str = "tests/data/vectors/protocol.json";
