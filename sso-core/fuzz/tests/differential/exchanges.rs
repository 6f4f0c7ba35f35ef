//! The sign-ins of the corpus, and mutations of them.

use std::collections::BTreeMap;

use fastrand::Rng;
use sso_fuzz::compare::{Claim, check_with_xmlsec1};
use sso_fuzz::corpus::{self, Exchange};
use sso_fuzz::mutate;
use sso_fuzz::others::Xmlsec1;

#[test]
fn what_providers_sent_is_accepted_everywhere() {
    let xmlsec1 = Xmlsec1::find().expect("`.ci/install` brings xmlsec1");
    for exchange in Exchange::all() {
        let claims = Claim::all(exchange.response(), exchange.keys());
        let is_twice = exchange.name().ends_with("-both");
        assert_eq!(
            claims.len(),
            1 + usize::from(is_twice),
            "{}",
            exchange.name()
        );
        claims.iter().for_each(Claim::check_with_bergshamra);
        check_with_xmlsec1(&claims, &xmlsec1);
        let signed_in = exchange.verify(exchange.response());
        assert!(signed_in.is_ok(), "{}: {signed_in:?}", exchange.name());
    }
}

#[test]
fn metadata_and_logout_messages_are_accepted_everywhere() {
    let xmlsec1 = Xmlsec1::find().expect("`.ci/install` brings xmlsec1");
    for signed in corpus::files("signed") {
        let claims = Claim::all(&signed, corpus::keys());
        assert_eq!(claims.len(), 1);
        claims.iter().for_each(Claim::check_with_bergshamra);
        check_with_xmlsec1(&claims, &xmlsec1);
    }
}

#[test]
fn every_provider_of_the_system_tests_is_in_the_corpus() {
    let mut exchanges = BTreeMap::new();
    for exchange in Exchange::all() {
        let (provider, _) = exchange.name().split_once('-').unwrap();
        *exchanges.entry(provider).or_insert(0) += 1;
    }
    for provider in ["samlp", "satosa", "simplesamlphp"] {
        assert!(exchanges.get(provider) >= Some(&2), "{exchanges:?}");
    }
}

/// Most mutations are refused here, and then nobody is asked: what is left must be enough.
#[test]
fn what_is_accepted_after_a_mutation_is_accepted_everywhere() {
    let xmlsec1 = Xmlsec1::find().expect("`.ci/install` brings xmlsec1");
    let mut random = Rng::with_seed(1);
    let mut claims = Vec::new();
    for _ in 0..MUTATIONS {
        let mut any = || random.choice(Exchange::all()).unwrap().response();
        let (data, other) = (any(), any());
        let changed = mutate::xml(data, other, &mut random);
        claims.extend(Claim::all(&changed, corpus::keys()));
    }
    assert!(
        claims.len() > MUTATIONS / 20,
        "{} of {MUTATIONS}",
        claims.len()
    );
    claims.iter().for_each(Claim::check_with_bergshamra);
    check_with_xmlsec1(&claims, &xmlsec1);
}

const MUTATIONS: usize = 1_000;
