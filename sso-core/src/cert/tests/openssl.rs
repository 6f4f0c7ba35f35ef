//! Files that `openssl` made.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

#[test]
fn archives_with_modern_and_with_old_ciphers_are_read() {
    let folder = Folder::new();
    for options in [
        "",
        "-legacy",
        "-legacy -descert",
        "-keypbe AES-256-CBC -certpbe AES-128-CBC -macalg sha512",
        "-keypbe NONE -certpbe NONE",
        "-nomac",
    ] {
        let archive = folder.archive(options);
        let candidate = Material::read(&archive, Some(PASSWORD))
            .unwrap()
            .pair()
            .unwrap();
        assert_eq!(candidate.chain().certificates.len(), 1, "{options}");
        assert!(candidate.chain().root.is_some(), "{options}");
    }
}

#[test]
fn a_wrong_passphrase_is_one_clear_message_and_none_is_another() {
    let folder = Folder::new();
    let mut files = vec![folder.archive(""), folder.archive("-legacy")];
    files.extend(ENCRYPTED_KEYS.map(|options| folder.encrypted_key(options)));
    for file in files {
        assert_eq!(
            Material::read(&file, None).unwrap_err(),
            ImportError::PasswordNeeded
        );
        for wrong in ["", "wrong", "pässword"] {
            let refused = Material::read(&file, Some(wrong)).unwrap_err();
            assert_eq!(refused, ImportError::WrongPassword, "{wrong}");
        }
    }
}

#[test]
fn encrypted_keys_of_each_kind_are_read() {
    let folder = Folder::new();
    let certificate = folder.read("leaf.pem");
    for options in ENCRYPTED_KEYS {
        let key = Material::read(&folder.encrypted_key(options), Some(PASSWORD)).unwrap();
        let material = key.join(Material::read(&certificate, None).unwrap());
        assert!(material.pair().is_ok(), "{options}");
    }
}

#[test]
fn a_key_that_is_encrypted_as_nobody_does_any_more_is_refused_with_a_way_out() {
    let folder = Folder::new();
    let key =
        folder.encrypted_key("pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default");
    let refused = Material::read(&key, Some(PASSWORD)).unwrap_err();
    insta::assert_snapshot!(refused, @"a file that is encrypted in an unusual way cannot be read; convert it to PKCS#12 or PEM first, with keytool or openssl");
}

#[test]
fn a_million_rounds_are_worked_through_and_more_are_refused() {
    let folder = Folder::new();
    let key = |rounds: u32| {
        let options = format!("pkcs8 -topk8 -v2 aes256 -iter {rounds}");
        Material::read(&folder.encrypted_key(&options), Some(PASSWORD))
    };
    assert!(key(1_000_000).is_ok());
    assert_eq!(key(1_000_001).unwrap_err(), ImportError::TooCostly);
    let archive = folder.archive("-iter 1000001");
    let refused = Material::read(&archive, Some(PASSWORD)).unwrap_err();
    assert_eq!(refused, ImportError::TooCostly);
}

#[test]
fn scrypt_may_take_32_mib_and_not_more() {
    let key = Folder::new().encrypted_key("pkcs8 -topk8 -scrypt -outform DER");
    assert!(Material::read(&key, Some(PASSWORD)).is_ok());
    // N is 16384 there, r is 8, and p is 1: each block of r takes 2 MiB.
    let [blocks] = places(&key, &[2, 2, 0x40, 0, 2, 1, 8, 2, 1, 1])[..] else {
        panic!("openssl has other defaults");
    };
    let with = |count: u8| {
        let mut other = key.clone();
        other[blocks + 6] = count;
        Material::read(&other, Some(PASSWORD)).unwrap_err()
    };
    assert_eq!(with(16), ImportError::WrongPassword);
    assert_eq!(with(17), ImportError::TooCostly);
}

#[test]
fn an_archive_that_is_cut_off_anywhere_is_refused() {
    let archive = Folder::new().archive("");
    for end in (0..archive.len()).step_by(7) {
        assert!(
            Material::read(&archive[..end], Some(PASSWORD)).is_err(),
            "{end}"
        );
    }
}

#[test]
fn rsa_keys_have_2048_bits_at_least() {
    let folder = Folder::new();
    for (bits, weak) in [(1024, true), (2047, true), (2048, false)] {
        folder.openssl(&format!(
            "req -x509 -newkey rsa:{bits} -nodes -keyout rsa.key -out rsa.pem -subj /CN=rsa -days 9"
        ));
        let certificate = Material::read(&folder.read("rsa.pem"), None).unwrap();
        let key = Material::read(&folder.read("rsa.key"), None).unwrap();
        let chain = Chain::of(folder.certificate("rsa.pem"), Vec::new()).unwrap();
        for purpose in [Purpose::Tls, Purpose::SamlSigning, Purpose::SamlDecryption] {
            let found = judge(&chain, purpose, &[], When::Now, NOW).unwrap();
            let is_weak = |it: &Finding| matches!(it.objection, Objection::WeakKey { .. });
            assert_eq!(found.iter().any(is_weak), weak, "{bits}");
        }
        let refused = certificate.join(key).pair().err();
        let found = format!("RSA with {bits} bits");
        assert_eq!(refused, weak.then_some(ImportError::KeyOfNoUse { found }));
    }
}

#[test]
fn odd_curves_are_refused() {
    let folder = Folder::new();
    for (curve, shown) in [
        ("secp256k1", "secp256k1"),
        ("brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7"),
    ] {
        folder.openssl(&format!("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:{curve} -nodes -keyout ec.key -out ec.pem -subj /CN=ec"));
        let material = Material::read(&folder.read("ec.pem"), None).unwrap();
        let material = material.join(Material::read(&folder.read("ec.key"), None).unwrap());
        let found = format!("ECDSA {shown}");
        assert_eq!(
            material.pair().unwrap_err(),
            ImportError::KeyOfNoUse { found }
        );
    }
}

#[test]
fn a_signature_with_sha_1_is_refused_for_tls_and_does_not_matter_for_saml() {
    let folder = Folder::new();
    for (digest, weak) in [
        ("sha1", true),
        ("md5", true),
        ("sha256", false),
        ("sha512", false),
    ] {
        folder.openssl(&format!(
            "x509 -req -in leaf.csr -CA root.pem -CAkey root.key -{digest} -out leaf2.pem"
        ));
        let root = folder.certificate("root.pem");
        let chain = Chain::of(folder.certificate("leaf2.pem"), vec![root]).unwrap();
        let is_weak = |purpose| {
            let found = judge(&chain, purpose, &[], When::Now, NOW).unwrap();
            found
                .iter()
                .any(|it| matches!(it.objection, Objection::WeakSignature { .. }))
        };
        assert_eq!(is_weak(Purpose::Tls), weak, "{digest}");
        assert!(!is_weak(Purpose::SamlSigning) && !is_weak(Purpose::SamlDecryption));
    }
}

fn places(file: &[u8], wanted: &[u8]) -> Vec<usize> {
    let all = file.windows(wanted.len()).enumerate();
    all.filter(|(_, it)| *it == wanted)
        .map(|(at, _)| at)
        .collect()
}

/// Commands that encrypt a key.
const ENCRYPTED_KEYS: [&str; 7] = [
    "pkcs8 -topk8 -v2 aes256",
    "pkcs8 -topk8 -v2 aes128 -v2prf hmacWithSHA512",
    "pkcs8 -topk8 -v1 PBE-SHA1-3DES",
    "pkcs8 -topk8 -v2 aes256 -outform DER",
    "rsa -traditional -aes256",
    "rsa -traditional -aes128",
    "rsa -traditional -des3",
];

const PASSWORD: &str = "correct horse";

/// A folder with a root, and a certificate under it.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.path("password"), PASSWORD).unwrap();
        folder.openssl("req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=Root -days 9");
        folder.openssl(
            "req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=sso.example.com",
        );
        folder.openssl("x509 -req -in leaf.csr -CA root.pem -CAkey root.key -out leaf.pem -days 9");
        folder
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn archive(&self, options: &str) -> Vec<u8> {
        self.openssl(&format!("pkcs12 -export -inkey leaf.key -in leaf.pem -certfile root.pem -passout file:password -out made.p12 {options}"));
        self.read("made.p12")
    }

    fn encrypted_key(&self, command: &str) -> Vec<u8> {
        self.openssl(&format!(
            "{command} -in leaf.key -passout file:password -out made.key"
        ));
        self.read("made.key")
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        certificates(std::str::from_utf8(&self.read(name)).unwrap())
            .unwrap()
            .remove(0)
    }

    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(super) fn openssl(&self, arguments: &str) {
        run("openssl", arguments, self.0.path());
    }

    pub(super) fn keytool(&self, arguments: &str) {
        run("keytool", arguments, self.0.path());
    }
}

fn run(program: &str, arguments: &str, folder: &Path) {
    let mut command = Command::new(program);
    command.args(arguments.split(' ').filter(|it| !it.is_empty()));
    let output = command.current_dir(folder).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{program} {arguments}: {complaint}{said}"
    );
}
