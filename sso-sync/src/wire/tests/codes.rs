//! The closed list of codes.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_code_has_a_word_of_its_own_and_a_status() {
    let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.text()).collect();
    assert_eq!(texts.len(), Code::ALL.len());
    let table: Vec<_> = Code::ALL
        .iter()
        .map(|code| format!("{} {}", code.status().as_u16(), code.text()))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @"
    401 bad-request-signature
    423 behind
    429 busy
    409 conflict
    401 login-refused
    400 malformed
    404 not-found
    403 not-permitted
    507 quota-exceeded
    401 replayed-request
    403 revoked
    413 too-large
    503 unavailable
    500 unknown
    404 unknown-domain
    401 unknown-session
    ");
}

#[test]
fn every_code_is_read_again() {
    for code in Code::ALL {
        assert_eq!(Code::parse(code.text()), Some(*code));
    }
    assert_eq!(Code::parse("wrong-set"), Some(Code::Refused("wrong-set")));
    assert_eq!(Code::parse("something-else"), None);
}

#[test]
fn a_refused_statement_is_a_conflict_unless_it_has_a_status_of_its_own() {
    let problem = |refusal: crate::chain::Refusal| Problem::from(refusal).status().as_u16();
    assert_eq!(problem(crate::chain::Refusal::WrongPrevious), 409);
    assert_eq!(problem(crate::chain::Refusal::Malformed), 400);
    assert_eq!(problem(crate::chain::Refusal::TooLarge), 413);
    let not_permitted = crate::chain::Refusal::NotPermitted(keys(1).id());
    assert_eq!(problem(not_permitted), 403);
}

#[test]
fn every_refusal_of_a_chain_is_read_again() {
    let id = keys(1).id();
    for refusal in [
        crate::chain::Refusal::BadName,
        crate::chain::Refusal::DomainDeleted,
        crate::chain::Refusal::KnownMember(id),
        crate::chain::Refusal::NewerKind,
        crate::chain::Refusal::OtherDomain,
        crate::chain::Refusal::RevokedSigner(id),
        crate::chain::Refusal::TokenSpent,
        crate::chain::Refusal::UnknownSigner(id),
        crate::chain::Refusal::WrongPrevious,
    ] {
        let problem = Problem::from(refusal);
        assert_eq!(Problem::parse(&problem.to_bytes()), Ok(problem));
    }
}
