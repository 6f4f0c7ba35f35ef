//! What is opened, and with which key.

use super::*;

#[test]
fn enc_04_opens_every_cipher_and_every_pair_of_hash_functions() {
    for cipher in [Cipher::Aes128Gcm, Cipher::Aes256Gcm] {
        for oaep in PAIRS {
            let encryption = Encryption::to(&RSA.certificate)
                .with_cipher(cipher)
                .with_oaep(oaep);
            assert_eq!(opened(&encryption), PLAINTEXT, "{cipher:?} {oaep:?}");
        }
    }
}

#[test]
fn enc_06_opens_keys_inside_beside_and_referred_to() {
    for place in [KeyPlace::Inside, KeyPlace::Beside, KeyPlace::Referred] {
        let encryption = Encryption::to(&RSA.certificate).with_key_at(place);
        assert_eq!(opened(&encryption), PLAINTEXT, "{place:?}");
    }
}

#[test]
fn enc_06_finds_our_key_among_those_of_others() {
    for place in [KeyPlace::Inside, KeyPlace::Referred] {
        let encryption = Encryption::to(&OTHER_RSA.certificate)
            .and_to(&RSA.certificate)
            .with_key_at(place);
        assert_eq!(opened(&encryption), PLAINTEXT, "{place:?}");
    }
}

#[test]
fn enc_13_opens_what_is_for_an_old_key() {
    let xml = Encryption::to(&OTHER_RSA.certificate).assertion(PLAINTEXT);
    let keys = [key(&RSA), key(&OTHER_RSA)];
    assert_eq!(
        *decrypt_with(&xml, &keys, &STRICT).unwrap(),
        *PLAINTEXT.as_bytes()
    );
    assert_eq!(refusal(&xml), EncryptionError::Failed);
}

#[test]
fn of_many_keys_the_first_four_are_tried() {
    let xml = Encryption::to(&RSA.certificate).assertion(PLAINTEXT);
    let other = key(&OTHER_RSA);
    let with = |others: usize| {
        let mut keys = vec![other.clone(); others];
        keys.push(key(&RSA));
        decrypt_with(&xml, &keys, &STRICT)
    };
    assert!(with(3).is_ok());
    assert_eq!(with(4).unwrap_err(), EncryptionError::Failed);
}

#[test]
fn enc_12_opens_an_encrypted_name() {
    let name = format!("<saml:NameID xmlns:saml=\"{SAML}\">alice</saml:NameID>");
    let xml = Encryption::to(&RSA.certificate).name_id(&name);
    assert_eq!(
        *decrypt_with(&xml, &OURS, &STRICT).unwrap(),
        *name.as_bytes()
    );
}

#[test]
fn enc_15_cbc_needs_an_exception() {
    let allowed = EncryptionPolicy::default().dangerous().allow_cbc();
    for cipher in [Cipher::Aes128Cbc, Cipher::Aes256Cbc] {
        let xml = Encryption::to(&RSA.certificate)
            .with_cipher(cipher)
            .assertion(PLAINTEXT);
        assert_eq!(
            refusal(&xml),
            EncryptionError::CbcRefused {
                found: cipher.uri()
            }
        );
        let opened = decrypt_with(&xml, &OURS, &allowed).unwrap();
        assert_eq!(*opened, *PLAINTEXT.as_bytes());
    }
}

#[test]
fn cbc_opens_texts_of_any_length() {
    let allowed = EncryptionPolicy::default().dangerous().allow_cbc();
    let encryption = Encryption::to(&RSA.certificate).with_cipher(Cipher::Aes128Cbc);
    for length in 1..=33 {
        let text = "x".repeat(length);
        let opened = decrypt_with(&encryption.assertion(&text), &OURS, &allowed);
        assert_eq!(*opened.unwrap(), *text.as_bytes());
    }
}

#[test]
fn a_key_and_a_certificate_must_be_a_pair() {
    let from = |key: &TestKey, certificate: &TestKey| {
        DecryptionKey::from_pkcs8_der(&key.pkcs8, certificate.certificate.clone())
    };
    assert!(matches!(
        from(&RSA, &OTHER_RSA),
        Err(DecryptionKeyError::NotAPair)
    ));
    assert!(matches!(from(&P256, &P256), Err(DecryptionKeyError::Key)));
    assert_eq!(from(&RSA, &RSA).unwrap().certificate(), &RSA.certificate);
}

#[test]
fn a_key_is_read_from_pem_and_not_shown() {
    let made = crate::cert::SelfSigned::for_saml("sso", crate::UnixTime::from_secs(1_800_000_000));
    let made = made.unwrap();
    let key = DecryptionKey::from_pem(made.key_pem(), made.certificate_pem()).unwrap();
    assert_eq!(key.certificate(), made.certificate());
    assert_eq!(format!("{key:?}"), "DecryptionKey { .. }");
    let swapped = DecryptionKey::from_pem(made.certificate_pem(), made.key_pem());
    assert!(matches!(swapped, Err(DecryptionKeyError::Pem(_))));
}
