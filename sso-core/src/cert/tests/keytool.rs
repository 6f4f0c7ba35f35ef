//! Keystores that Java's `keytool` made.

use super::openssl::Folder;
use super::*;

#[test]
fn keystores_of_both_kinds_are_read() {
    let folder = Folder::new();
    for kind in ["JKS", "PKCS12"] {
        make(&folder, kind, "first");
        let store = folder.read(kind);
        let candidate = Material::read(&store, Some(PASSWORD))
            .unwrap()
            .pair()
            .unwrap();
        let description = Description::of(&candidate.chain().certificates[0]).unwrap();
        assert_eq!(description.subject, "CN=first", "{kind}");
        assert_eq!(
            Material::read(&store, None).unwrap_err(),
            ImportError::PasswordNeeded
        );
        let refused = Material::read(&store, Some("changeit2")).unwrap_err();
        assert_eq!(refused, ImportError::WrongPassword);
        for end in (0..store.len()).step_by(11) {
            assert!(
                Material::read(&store[..end], Some(PASSWORD)).is_err(),
                "{kind} {end}"
            );
        }
    }
}

#[test]
fn a_keystore_with_two_keys_is_not_guessed_at() {
    let folder = Folder::new();
    make(&folder, "JKS", "first");
    make(&folder, "JKS", "second");
    let material = Material::read(&folder.read("JKS"), Some(PASSWORD)).unwrap();
    assert_eq!(material.pair().unwrap_err(), ImportError::SeveralPairs);
}

#[test]
fn a_keystore_with_certificates_alone_needs_no_passphrase() {
    let folder = Folder::new();
    folder.keytool(&format!(
        "-importcert -noprompt -file root.pem -alias root -keystore JKS -storetype JKS -storepass {PASSWORD}"
    ));
    let material = Material::read(&folder.read("JKS"), None).unwrap();
    assert!(material.has_certificate() && !material.has_key());
}

#[test]
fn a_keystore_of_the_kind_jceks_is_refused_with_a_way_out() {
    let folder = Folder::new();
    make(&folder, "JCEKS", "first");
    let refused = Material::read(&folder.read("JCEKS"), Some(PASSWORD)).unwrap_err();
    insta::assert_snapshot!(refused, @"a keystore of the kind JCEKS cannot be read; convert it to PKCS#12 or PEM first, with keytool or openssl");
}

fn make(folder: &Folder, kind: &str, name: &str) {
    folder.keytool(&format!(
        "-genkeypair -keyalg RSA -keysize 2048 -dname CN={name} -alias {name} -keystore {kind} \
         -storetype {kind} -storepass {PASSWORD} -keypass {PASSWORD}"
    ));
}

const PASSWORD: &str = "changeit";
