//! What hostile files cost: the parts of an archive by hand, since no program writes such.

use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use der::Encode as _;
use pkcs5::pbes2;
use pkcs12::kdf::{Pkcs12KeyType, derive_key_utf8};

use super::pkcs12::{DATA, SCRYPT, archive_with, explicit, key_bag, sequence, tagged};
use super::{ImportError, Material, key};

#[test]
fn eight_encrypted_keys_are_opened_and_not_one_more() {
    let section = key::pem("ENCRYPTED PRIVATE KEY", &encrypted_key());
    let read = |count| Material::read(section.repeat(count).as_bytes(), Some(PASSWORD));
    assert_eq!(read(8).unwrap().keys.len(), 8);
    assert_eq!(read(9).unwrap_err(), ImportError::TooCostly);
}

#[test]
fn keys_that_are_encrypted_once_more_count_too() {
    for enclose in [with_pkcs5, with_pkcs12] {
        let part = |count| enclose(&sequence(&[&key_bag(&encrypted_key()).repeat(count)]));
        let read = |count| Material::read(&archive_with(&part(count)), Some(PASSWORD));
        // One more key opens the part itself.
        assert_eq!(read(7).unwrap().keys.len(), 7);
        assert_eq!(read(8).unwrap_err(), ImportError::TooCostly);
    }
}

#[test]
fn scrypt_that_takes_much_memory_or_time_is_found_inside_too() {
    for (blocks, lanes, is_costly) in [
        (2, 1, false),
        (2, 16, false),
        (2, 17, true),
        (0x4000, 0x4000, true),
        (0x4001, 1, true),
        (2, 0x4001, true),
    ] {
        let key = scrypt_key(blocks, lanes);
        for file in [archive_with(&with_pkcs5(&sequence(&[&key_bag(&key)]))), key] {
            let refused = Material::read(&file, Some(PASSWORD)).unwrap_err();
            let shown = format!("{blocks} {lanes}: {refused}");
            assert_eq!(refused == ImportError::TooCostly, is_costly, "{shown}");
        }
    }
}

/// A key of one round.
fn encrypted_key() -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let (scheme, encrypted) = pkcs5_encrypted(key.serialized_der());
    sequence(&[&scheme, &tagged(0x04, &encrypted)])
}

fn with_pkcs5(content: &[u8]) -> Vec<u8> {
    let (scheme, encrypted) = pkcs5_encrypted(content);
    encrypted_part(&scheme, &encrypted)
}

fn pkcs5_encrypted(content: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let parameters =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(1, &SALT, [7; 16]).unwrap();
    let encrypted = parameters.encrypt(PASSWORD, content).unwrap();
    let scheme = sequence(&[PBES2, &parameters.to_der().unwrap()]);
    (scheme, encrypted)
}

fn with_pkcs12(content: &[u8]) -> Vec<u8> {
    let derive =
        |what, bytes| derive_key_utf8::<sha1::Sha1>(PASSWORD, &SALT, what, 1, bytes).unwrap();
    let (key, iv) = (
        derive(Pkcs12KeyType::EncryptionKey, 24),
        derive(Pkcs12KeyType::Iv, 8),
    );
    let cipher = Encryptor::<des::TdesEde3>::new_from_slices(&key, &iv).unwrap();
    let rounds: &[u8] = &[0x02, 1, 1];
    let parameters = sequence(&[&tagged(0x04, &SALT), rounds]);
    let scheme = sequence(&[SHA1_3DES, &parameters]);
    encrypted_part(&scheme, &cipher.encrypt_padded_vec::<Pkcs7>(content))
}

fn encrypted_part(scheme: &[u8], encrypted: &[u8]) -> Vec<u8> {
    let content = sequence(&[DATA, scheme, &tagged(0x80, encrypted)]);
    let version: &[u8] = &[0x02, 1, 0];
    let data = sequence(&[version, &content]);
    sequence(&[ENCRYPTED_DATA, &explicit(&data)])
}

/// Not a key, but nobody comes so far: `N` and `p` with blocks of 2 KiB.
fn scrypt_key(blocks: u16, lanes: u16) -> Vec<u8> {
    let number = |it: u16| match it.to_be_bytes() {
        [0, low] => tagged(0x02, &[low]),
        two => tagged(0x02, &two),
    };
    let parameters = [
        tagged(0x04, &SALT),
        number(blocks),
        number(16),
        number(lanes),
    ]
    .concat();
    let derivation = sequence(&[SCRYPT, &sequence(&[&parameters])]);
    let cipher = sequence(&[AES_256_CBC, &tagged(0x04, &[7; 16])]);
    let scheme = sequence(&[PBES2, &sequence(&[&derivation, &cipher])]);
    sequence(&[&scheme, &tagged(0x04, &[7; 32])])
}

const PASSWORD: &str = "correct horse";
const SALT: [u8; 8] = [7; 8];
const PBES2: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d,
];
const SHA1_3DES: &[u8] = &[
    0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03,
];
const AES_256_CBC: &[u8] = &[
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a,
];
const ENCRYPTED_DATA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06,
];
