use sso_core::user::{AccountKey, Profile, User, UserId, UserSecret};

use super::*;
use crate::admin::{Stretching, StretchingBounds};
use crate::seal::SealedUser;

#[test]
fn ten_thousand_users_come_back_as_they_were_in_the_order_they_were_written() {
    let users: Vec<_> = (0..10_000).map(user).collect();
    let written = write(&users);
    let items = read(&written, PASSPHRASE).unwrap();
    assert_eq!(items.len(), 10_002);
    assert_eq!(items[0], Item::Domain(domain()));
    assert_eq!(items[1], Item::Statement(b"genesis".as_slice().into()));
    assert!(items[2..].iter().eq(&users));
    assert!(!contains(&written, b"user-77@example.com"));
}

#[test]
fn the_same_is_sealed_differently_each_time() {
    assert_ne!(write(&[user(1)]), write(&[user(1)]));
}

#[test]
fn another_passphrase_opens_nothing() {
    let written = write(&[user(1)]);
    let refused = read(&written, "correct horse batterz");
    assert!(matches!(refused, Err(BackupError::Closed { chunk: 0 })));
}

#[test]
fn whatever_is_changed_is_noticed() {
    let written = write(&[user(1)]);
    for at in 0..written.len() {
        let mut changed = written.clone();
        changed[at] ^= 1;
        assert!(read(&changed, PASSPHRASE).is_err(), "byte {at}");
    }
}

#[test]
fn whatever_is_cut_off_or_added_is_noticed() {
    let users: Vec<_> = (0..1_000).map(user).collect();
    let written = write(&users);
    for length in (0..written.len()).step_by(997) {
        assert!(read(&written[..length], PASSPHRASE).is_err(), "{length}");
    }
    let cut = read(&written[..written.len() - 1], PASSPHRASE);
    assert!(matches!(cut, Err(BackupError::Truncated)));
    let mut longer = written;
    longer.push(0);
    assert!(read(&longer, PASSPHRASE).is_err());
}

#[test]
fn a_part_is_good_for_one_place_in_one_file() {
    let users: Vec<_> = (0..2_000).map(user).collect();
    let (one, other) = (write(&users), write(&users));
    let (start, length) = (49, 5 + 64 * 1024 + 16);
    let mut swapped = one.clone();
    swapped[start..start + length].copy_from_slice(&one[start + length..start + 2 * length]);
    assert!(matches!(
        read(&swapped, PASSPHRASE),
        Err(BackupError::Closed { chunk: 0 })
    ));
    let mut mixed = one;
    mixed[start..start + length].copy_from_slice(&other[start..start + length]);
    assert!(matches!(
        read(&mixed, PASSPHRASE),
        Err(BackupError::Closed { chunk: 0 })
    ));
}

#[test]
fn a_file_that_wants_too_little_or_too_much_work_is_refused_before_it_is_done() {
    let written = write(&[user(1)]);
    let refused = BackupReader::open(written.as_slice(), PASSPHRASE).unwrap_err();
    assert!(
        matches!(refused, BackupError::Stretching { .. }),
        "{refused}"
    );
    let mut costly = written;
    costly[21..25].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(matches!(
        read(&costly, PASSPHRASE),
        Err(BackupError::Stretching { .. })
    ));
}

#[test]
fn something_else_and_something_newer_are_told_apart() {
    let mut newer = write(&[]);
    newer[19] = b'2';
    assert!(matches!(read(&newer, PASSPHRASE), Err(BackupError::Newer)));
    for other in [&b""[..], b"SQLite format 3", &[7; 100]] {
        assert!(matches!(
            read(other, PASSPHRASE),
            Err(BackupError::NotABackup)
        ));
    }
}

fn write(users: &[Item]) -> Vec<u8> {
    let weak = Stretching::DANGEROUSLY_WEAK;
    let mut writer = BackupWriter::begin_with(Vec::new(), PASSPHRASE, weak).unwrap();
    writer.write(&Item::Domain(domain())).unwrap();
    let genesis = Item::Statement(b"genesis".as_slice().into());
    writer.write(&genesis).unwrap();
    users.iter().for_each(|user| writer.write(user).unwrap());
    writer.finish().unwrap()
}

fn read(bytes: &[u8], passphrase: &str) -> Result<Vec<Item>, BackupError> {
    let low = StretchingBounds::DANGEROUSLY_LOW;
    let mut reader = BackupReader::open_within(bytes, passphrase, low)?;
    let mut items = Vec::new();
    while let Some(item) = reader.next_item()? {
        items.push(item);
    }
    Ok(items)
}

fn domain() -> DomainItem {
    DomainItem {
        name: "example".into(),
        server: "one".into(),
        program: "1.0.0".into(),
        time: 7,
        revision: 3,
        fields: vec![("base_url".into(), "https://sso.example.com".into())],
        statements: 1,
    }
}

fn user(number: u32) -> Item {
    let name = format!("user-{number}@example.com");
    let account = AccountKey::new("https://idp.example", "persistent", name);
    let user = User::new(UserId::random(), account, Profile::default());
    Item::User(Box::new(SealedUser::brought_along(
        user,
        UserSecret::random(),
        1,
    )))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}

const PASSPHRASE: &str = "correct horse battery";
