//! The same keys through `openssl`: every pair of hash functions, which one library does in part
//! only.

use std::process::Command;

use super::*;
use crate::saml::encryption::envelope::WrappedKey;

#[test]
fn what_is_wrapped_there_is_unwrapped_here() {
    for oaep in PAIRS {
        let octets = wrap(oaep);
        let unwrapped = OURS[0].unwrap(&WrappedKey { oaep, octets });
        assert_eq!(unwrapped.unwrap().as_slice(), SECRET, "{oaep:?}");
    }
}

#[test]
fn what_is_wrapped_there_with_another_pair_is_not_unwrapped() {
    for there in PAIRS {
        let octets = wrap(there);
        for oaep in PAIRS.into_iter().filter(|here| *here != there) {
            let octets = octets.clone();
            assert!(OURS[0].unwrap(&WrappedKey { oaep, octets }).is_none());
        }
    }
}

/// `SECRET`, encrypted to us.
fn wrap(oaep: Oaep) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (public, secret) = (
        folder.path().join("public.der"),
        folder.path().join("secret"),
    );
    std::fs::write(&public, RSA.verifying_key().as_spki_der()).unwrap();
    std::fs::write(&secret, SECRET).unwrap();
    let mut command = Command::new("openssl");
    command.args(["pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey"]);
    command.arg(public).arg("-in").arg(secret);
    command.args(["-pkeyopt", "rsa_padding_mode:oaep"]);
    command.args(["-pkeyopt", &format!("rsa_oaep_md:{}", name(oaep.digest))]);
    command.args(["-pkeyopt", &format!("rsa_mgf1_md:{}", name(oaep.mask))]);
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    output.stdout
}

const fn name(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "sha1",
        Hash::Sha256 => "sha256",
    }
}

const SECRET: &[u8] = b"0123456789abcdef";
