//! Statements that are refused for their form, their place or their signer.

use super::accepts::judged;
use super::*;
use crate::cbor;

#[test]
fn what_is_no_statement_is_malformed() {
    let mut domain = TestDomain::new();
    let good = domain.sign(ADMINISTRATOR, &domain.node_added(1));
    let longer = [good.as_slice(), &[0]].concat();
    for bytes in [
        b"".as_slice(),
        b"\x80",
        b"hello",
        &good[..good.len() - 1],
        &longer,
    ] {
        assert_eq!(domain.take(bytes), Err(Refusal::Malformed));
    }
}

#[test]
fn a_second_form_of_the_same_statement_is_malformed() {
    let mut domain = TestDomain::new();
    let good = domain.sign(ADMINISTRATOR, &domain.node_added(1));
    assert_eq!(good[..2], [0x82, 0x59]);
    // The same length, written in four bytes instead of two.
    let wide = [&[0x82, 0x5a, 0, 0], &good[2..]].concat();
    assert_eq!(domain.take(&wide), Err(Refusal::Malformed));
    assert_eq!(domain.take(&good), Ok(()));
}

#[test]
fn a_statement_has_a_largest_size() {
    let mut domain = TestDomain::new();
    let with = |domain: &TestDomain, size| {
        let mut revision = domain.revision(1, "x");
        revision.sealed = vec![0; size];
        Action::ConfigurationRevised { revision }
    };
    let sign = |domain: &TestDomain, size| {
        let keys = keys(ADMINISTRATOR);
        domain
            .chain
            .sign(&keys, &with(domain, size), domain.occasion())
    };
    let overhead = sign(&domain, 500_000).unwrap().len() - 500_000;
    let most = Statement::MAX_BYTES - overhead;
    assert_eq!(sign(&domain, most + 1), Err(Refusal::TooLarge));
    let largest = sign(&domain, most).unwrap();
    assert_eq!(largest.len(), Statement::MAX_BYTES);
    assert_eq!(domain.take(&largest), Ok(()));
    let too_large = vec![0; Statement::MAX_BYTES + 1];
    assert_eq!(domain.take(&too_large), Err(Refusal::TooLarge));
}

#[test]
fn what_is_no_configuration_has_a_smaller_largest_size() {
    let domain = TestDomain::new();
    let announce = |size: usize| Action::DeletionAnnounced {
        not_before: NOON + 8 * 86_400,
        reason: "x".repeat(size),
    };
    let overhead = domain.sign(ADMINISTRATOR, &announce(60_000)).len() - 60_000;
    let most = Statement::MAX_OTHER_BYTES - overhead;
    let keys = keys(ADMINISTRATOR);
    let header = |domain: &TestDomain, size| {
        let action = cbor::encode(&announce(size));
        let small = domain.sign(ADMINISTRATOR, &announce(1));
        let header = Statement::parse(&small).unwrap().header().clone();
        Statement::sign(&statement::Header { action, ..header }, &keys)
    };
    let largest = header(&domain, most);
    assert_eq!(largest.len(), Statement::MAX_OTHER_BYTES);
    assert!(Statement::parse(&largest).is_ok());
    let larger = header(&domain, most + 1);
    assert_eq!(Statement::parse(&larger).err(), Some(Refusal::TooLarge));
    let signed = domain
        .chain
        .sign(&keys, &announce(most + 1), domain.occasion());
    assert_eq!(signed, Err(Refusal::TooLarge));
}

#[test]
fn a_newer_form_is_named_and_changes_nothing() {
    let mut domain = TestDomain::new();
    for at in [0, 1] {
        let newer = reshaped(&domain, |body| body[1 + at] = 2);
        let refusal = domain.take(&newer).unwrap_err();
        assert_eq!(refusal, Refusal::NewerFormat);
        assert!(refusal.is_newer());
    }
}

#[test]
fn a_newer_kind_is_believed_to_be_one_only_if_its_signature_holds() {
    let mut domain = TestDomain::new();
    let unknown = cbor::encode(&(99_u64, "from the future"));
    let newer = signed_action(&domain, ADMINISTRATOR, unknown.clone());
    let refusal = domain.take(&newer).unwrap_err();
    assert_eq!(refusal, Refusal::NewerKind);
    assert!(refusal.is_newer());

    let mut forged = newer;
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(domain.take(&forged), Err(Refusal::ForgedSignature));
    let stranger = signed_action(&domain, 9, unknown);
    let id = keys(9).id();
    assert_eq!(domain.take(&stranger), Err(Refusal::UnknownSigner(id)));
}

#[test]
fn a_surplus_in_an_action_is_malformed() {
    let mut domain = TestDomain::new();
    let surplus = cbor::encode(&(12_u64, 0_u64));
    let statement = signed_action(&domain, ADMINISTRATOR, surplus);
    assert_eq!(domain.take(&statement), Err(Refusal::Malformed));
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_is() {
    let mut domain = TestDomain::new();
    let good = domain.sign(ADMINISTRATOR, &domain.node_added(1));
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        assert!(domain.take(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn a_statement_of_another_domain_is_refused() {
    let (mut here, elsewhere) = (TestDomain::new(), TestDomain::new());
    let foreign = elsewhere.sign(ADMINISTRATOR, &elsewhere.node_added(1));
    assert_eq!(here.take(&foreign), Err(Refusal::OtherDomain));
}

#[test]
fn a_statement_stands_at_its_position_only() {
    let mut domain = TestDomain::new();
    let first = domain.sign(ADMINISTRATOR, &domain.node_added(1));
    domain.take(&first).unwrap();
    let second = domain.sign(ADMINISTRATOR, &domain.node_added(2));
    let refused = |expected, found| Err(Refusal::WrongPosition { expected, found });
    assert_eq!(domain.take(&first), refused(2, 1));
    domain.take(&second).unwrap();
    let mut shorter = Chain::begin(&domain.statements[0]).unwrap();
    let skipped = shorter.append(&second).map(|_| ());
    assert_eq!(skipped, refused(1, 2));
}

#[test]
fn a_statement_of_another_history_is_refused() {
    let mut domain = TestDomain::new();
    let mut other = TestDomain {
        chain: domain.chain.clone(),
        ring: KeyRing::first(domain.chain.domain(), epoch_key(1)).unwrap(),
        ..TestDomain::new()
    };
    domain.must(ADMINISTRATOR, &domain.node_added(1));
    other.must(ADMINISTRATOR, &other.node_added(2));
    let next = other.sign(ADMINISTRATOR, &other.node_added(3));
    assert_eq!(domain.take(&next), Err(Refusal::WrongPrevious));
}

#[test]
fn who_does_not_belong_to_the_domain_states_nothing() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    let stranger = domain.attempt(9, &domain.node_added(9));
    assert_eq!(stranger, Err(Refusal::UnknownSigner(keys(9).id())));
    domain.turn(&domain.node_revoked(1));
    let program = "1.0.0".into();
    let revoked = domain.attempt(1, &Action::NodeUpdated { program });
    assert_eq!(revoked, Err(Refusal::RevokedSigner(keys(1).id())));
}

#[test]
fn nobody_signs_for_another() {
    let mut domain = TestDomain::new().with_node(1);
    let mine = domain.sign(1, &domain.node_added(2));
    let theirs = domain.sign(ADMINISTRATOR, &domain.node_added(2));
    let signature = &mine[mine.len() - 64..];
    let body = &theirs[..theirs.len() - 64];
    let forged = [body, signature].concat();
    assert_eq!(domain.take(&forged), Err(Refusal::ForgedSignature));
}

#[test]
fn a_domain_begins_once_and_properly() {
    let mut domain = TestDomain::new();
    let genesis = Statement::parse(&domain.statements[0]).unwrap();
    let action = genesis.action().unwrap();
    let again = domain.attempt(ADMINISTRATOR, &action);
    assert_eq!(again, Err(Refusal::WrongGenesis));

    let begin = |signer: u8, action: &Action| {
        Chain::begin(&first_statement(&keys(signer), action, NOON)).map(|_| ())
    };
    assert_eq!(begin(ADMINISTRATOR, &action), Ok(()));
    assert_eq!(
        begin(ADMINISTRATOR, &judged(NO_DIGEST)),
        Err(Refusal::WrongGenesis)
    );
    assert_eq!(begin(1, &action), Err(Refusal::UnknownSigner(keys(1).id())));
    let later = domain.sign(ADMINISTRATOR, &domain.node_added(1));
    assert_eq!(Chain::begin(&later), Err(Refusal::WrongGenesis));
    let mut forged = domain.statements[0].clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(Chain::begin(&forged), Err(Refusal::ForgedSignature));
}

#[test]
fn the_first_epoch_is_the_first_and_for_the_administrator() {
    let domain = TestDomain::new().with_node(1);
    let begin = |epoch: EpochStart| {
        let genesis = Statement::parse(&domain.statements[0]).unwrap();
        let Ok(Action::Genesis {
            name,
            salt,
            administrator,
            policy,
            ..
        }) = genesis.action()
        else {
            panic!("a domain begins");
        };
        let action = Action::Genesis {
            name,
            salt,
            administrator,
            policy,
            epoch,
        };
        let statement = first_statement(&keys(ADMINISTRATOR), &action, NOON);
        Chain::begin(&statement).map(|_| ())
    };
    let (current, found) = (0, 2);
    let second = begin(domain.next_epoch(None));
    assert_eq!(second, Err(Refusal::WrongEpoch { current, found }));
    let nobody = EpochStart::first(&epoch_key(1), []).unwrap();
    let id = keys(ADMINISTRATOR).id();
    assert_eq!(begin(nobody), Err(Refusal::MissingWrap(id)));
}

#[test]
fn every_refusal_has_a_code_and_a_text() {
    let refusal = Refusal::OutsidePolicy {
        program: "2.0.0".into(),
        from: "1.0.0".into(),
        to: "1.1.0".into(),
    };
    assert_eq!(refusal.code(), "outside-policy");
    insta::assert_snapshot!(refusal, @"version 2.0.0 is not one that the domain works with (1.0.0 to 1.1.0)");
}

/// A statement whose body was changed before it was signed.
fn reshaped(domain: &TestDomain, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let statement = domain.sign(ADMINISTRATOR, &domain.node_added(1));
    let (mut body, _): (minicbor::bytes::ByteVec, crate::seal::Signature) =
        cbor::decode(&statement).unwrap();
    change(&mut body);
    let signature = keys(ADMINISTRATOR).sign("sso-connect statement 1", &body);
    cbor::encode(&(body, signature))
}

/// A statement about something that no [`Action`] is.
fn signed_action(domain: &TestDomain, signer: u8, action: Vec<u8>) -> Vec<u8> {
    let statement = Statement::parse(&domain.sign(signer, &Action::DeletionCancelled)).unwrap();
    let header = statement::Header {
        action,
        ..statement.header().clone()
    };
    Statement::sign(&header, &keys(signer))
}
