//! What every [`Sealer`] must do. [`sealer_tests!`](crate::sealer_tests) lists the cases.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Place, in_time};
use crate::keeper::{KeeperError, Label, MAX_SECRET_BYTES, Sealer, sealed_by};
use crate::store::DomainId;

/// Checks a [`Sealer`] against its contract: one test for each promise.
///
/// Takes the [`Place`] where it has its key: two places have two keys, and every
/// [`open`](Place::open) of one place is a restart.
#[macro_export]
macro_rules! sealer_tests {
    ($place:ty $(,)?) => {
        $crate::sealer_tests! { @cases [$place]
            what_was_sealed_is_unsealed,
            any_bytes_are_a_secret,
            more_than_the_limit_is_too_large,
            a_restarted_server_unseals,
            of_servers_that_start_at_once_each_unseals_what_the_other_sealed,
            another_label_does_not_open,
            another_domain_does_not_open,
            no_changed_or_missing_byte_opens,
            a_secret_does_not_stand_in_what_is_sealed,
            the_same_secret_never_looks_the_same,
            it_says_what_sealed_it,
            another_key_does_not_open,
            what_nobody_sealed_is_refused,
            calls_may_come_at_the_same_time,
        }
    };

    (@cases [$place:ty] $($case:ident,)+) => {$(
        #[test]
        fn $case() {
            $crate::testkit::run::<$place>($crate::testkit::sealer::$case);
        }
    )+};
}

/// A place where a sealer has its key.
pub trait SealerPlace: Place<Store: Sealer> {}

impl<P: Place<Store: Sealer>> SealerPlace for P {}

/// What was sealed comes back.
pub async fn what_was_sealed_is_unsealed(place: impl SealerPlace) {
    let sealer = place.open().await;
    let sealed = seal(&sealer, SECRET).await;
    assert_eq!(unseal(&sealer, &sealed).await, SECRET);
}

/// Secrets are opaque, from none at all up to the limit.
pub async fn any_bytes_are_a_secret(place: impl SealerPlace) {
    let sealer = place.open().await;
    let all_bytes: Vec<u8> = (0..=255).collect();
    for secret in [vec![], vec![0], all_bytes, vec![0; MAX_SECRET_BYTES]] {
        let sealed = seal(&sealer, &secret).await;
        let unsealed = unseal(&sealer, &sealed).await;
        assert!(unsealed == secret, "{} bytes come back", secret.len());
    }
}

/// More than the limit is refused and says so.
pub async fn more_than_the_limit_is_too_large(place: impl SealerPlace) {
    let sealer = place.open().await;
    let sealed = sealer.seal(&label(), &[0; MAX_SECRET_BYTES + 1]).await;
    assert!(
        matches!(sealed, Err(KeeperError::TooLarge { .. })),
        "{sealed:?}"
    );
}

/// The key outlives the process.
pub async fn a_restarted_server_unseals(place: impl SealerPlace) {
    let sealed = seal(&place.open().await, SECRET).await;
    let restarted = place.open().await;
    assert_eq!(unseal(&restarted, &sealed).await, SECRET);
    let sealed = seal(&restarted, SECRET).await;
    assert_eq!(unseal(&place.open().await, &sealed).await, SECRET);
}

/// Two that begin without a key end up with keys that both can use.
pub async fn of_servers_that_start_at_once_each_unseals_what_the_other_sealed(
    place: impl SealerPlace,
) {
    let mut starting = JoinSet::new();
    for _ in 0..STARTING {
        let sealer = place.open().await;
        starting.spawn(async move { seal(&sealer, SECRET).await });
    }
    let sealed = in_time("every server seals", starting.join_all()).await;
    let sealer = place.open().await;
    for sealed in sealed {
        assert_eq!(unseal(&sealer, &sealed).await, SECRET);
    }
}

/// What was sealed for one purpose is of no use for another.
pub async fn another_label_does_not_open(place: impl SealerPlace) {
    let sealer = place.open().await;
    let sealed = seal(&sealer, SECRET).await;
    let other = Label::new("another secret").in_domain(DOMAIN);
    is_closed(&sealer.unseal(&other, &sealed).await);
}

/// What was sealed for one domain is of no use for another, or for none.
pub async fn another_domain_does_not_open(place: impl SealerPlace) {
    let sealer = place.open().await;
    let sealed = seal(&sealer, SECRET).await;
    let of_none = Label::new(label().name());
    is_closed(&sealer.unseal(&of_none, &sealed).await);
    let other = of_none.in_domain(DomainId::new([2; 32]));
    is_closed(&sealer.unseal(&other, &sealed).await);
}

/// Damage is noticed, wherever it is.
pub async fn no_changed_or_missing_byte_opens(place: impl SealerPlace) {
    let sealer = place.open().await;
    let sealed = seal(&sealer, SECRET).await;
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        if let Some(byte) = changed.get_mut(at) {
            *byte ^= 1;
        }
        let changed = sealer.unseal(&label(), &changed).await;
        assert!(changed.is_err(), "byte {at} was changed");
        let shorter = sealed.get(..at).unwrap_or_default();
        let shorter = sealer.unseal(&label(), shorter).await;
        assert!(shorter.is_err(), "cut off at byte {at}");
    }
    assert_eq!(unseal(&sealer, &sealed).await, SECRET);
}

/// Sealed means unreadable.
pub async fn a_secret_does_not_stand_in_what_is_sealed(place: impl SealerPlace) {
    let sealed = seal(&place.open().await, SECRET).await;
    let mut windows = sealed.windows(SHOWN);
    assert!(!windows.any(|window| SECRET.windows(SHOWN).any(|part| part == window)));
}

/// Nobody sees whether a secret was changed or sealed again.
pub async fn the_same_secret_never_looks_the_same(place: impl SealerPlace) {
    let sealer = place.open().await;
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        assert!(seen.insert(seal(&sealer, SECRET).await));
    }
}

/// Whoever finds it knows what opens it.
pub async fn it_says_what_sealed_it(place: impl SealerPlace) {
    let sealer = place.open().await;
    let sealed = seal(&sealer, SECRET).await;
    let by = sealed_by(&sealed).expect("it is an envelope");
    assert_eq!(by, sealer.protection());
    assert_eq!(place.open().await.protection(), by);
}

/// A server that has another key says whose it is.
pub async fn another_key_does_not_open<P: SealerPlace>(place: P) {
    let sealed = seal(&place.open().await, SECRET).await;
    let elsewhere = P::fresh().await;
    let other = elsewhere.open().await;
    seal(&other, SECRET).await;
    let opened = other.unseal(&label(), &sealed).await;
    assert!(
        matches!(opened, Err(KeeperError::OtherKey { .. })),
        "{opened:?}"
    );
}

/// Other bytes are no envelope.
pub async fn what_nobody_sealed_is_refused(place: impl SealerPlace) {
    let sealer = place.open().await;
    seal(&sealer, SECRET).await;
    for bytes in [b"".as_slice(), b"hello", SECRET] {
        let opened = sealer.unseal(&label(), bytes).await;
        assert!(
            matches!(opened, Err(KeeperError::Malformed)),
            "{opened:?} of {bytes:?}"
        );
    }
}

/// Calls do not get into each other's way.
pub async fn calls_may_come_at_the_same_time(place: impl SealerPlace) {
    let sealer = Arc::new(place.open().await);
    seal(&*sealer, SECRET).await;
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let sealer = Arc::clone(&sealer);
        calls.spawn(async move {
            let sealed = seal(&*sealer, &[number; 40]).await;
            assert_eq!(unseal(&*sealer, &sealed).await, [number; 40]);
        });
    }
    in_time("every call is answered", calls.join_all()).await;
}

async fn seal(sealer: &dyn Sealer, secret: &[u8]) -> Vec<u8> {
    let sealed = in_time("it seals", sealer.seal(&label(), secret)).await;
    sealed.expect("it seals")
}

async fn unseal(sealer: &dyn Sealer, sealed: &[u8]) -> Vec<u8> {
    let opened = in_time("it unseals", sealer.unseal(&label(), sealed)).await;
    opened.expect("it unseals").to_vec()
}

fn is_closed<T: Debug>(opened: &Result<T, KeeperError>) {
    assert!(matches!(opened, Err(KeeperError::Closed)), "{opened:?}");
}

fn label() -> Label {
    Label::new("a secret").in_domain(DOMAIN)
}

const DOMAIN: DomainId = DomainId::new([1; 32]);

/// Forty bytes that stand nowhere else.
const SECRET: &[u8] = b"forty bytes that stand nowhere else, yes";

/// So many bytes in a row are no accident.
const SHOWN: usize = 6;

const STARTING: usize = 4;

const CALLS: u8 = 24;
