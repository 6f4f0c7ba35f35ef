//! The same through `xmlsec1`, which knows nothing of us.
//!
//! It encrypts a node without the namespace declarations around it, which is how prefixes come to
//! be declared outside only.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::signature::DS;

const GCM: [(&str, &str); 2] = [
    ("http://www.w3.org/2009/xmlenc11#aes128-gcm", "aes-128"),
    ("http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256"),
];
const CBC: [(&str, &str); 2] = [
    ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "aes-128"),
    ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256"),
];

#[test]
fn what_is_encrypted_there_opens_here() {
    let tool = Tool::new();
    for (cipher, session_key) in GCM {
        let opened = opened_with(&tool.encrypt(cipher, session_key), &STRICT);
        assert_eq!(name_in(&opened), "alice");
    }
}

#[test]
fn what_is_encrypted_there_with_cbc_opens_here_with_the_exception() {
    let tool = Tool::new();
    for (cipher, session_key) in CBC {
        let allowed = EncryptionPolicy::default().dangerous().allow_cbc();
        let opened = opened_with(&tool.encrypt(cipher, session_key), &allowed);
        assert_eq!(name_in(&opened), "alice");
    }
}

#[test]
fn what_we_encrypt_opens_there() {
    let tool = Tool::new();
    for cipher in [
        Cipher::Aes128Cbc,
        Cipher::Aes128Gcm,
        Cipher::Aes256Cbc,
        Cipher::Aes256Gcm,
    ] {
        for place in [KeyPlace::Inside, KeyPlace::Referred] {
            let encryption = Encryption::to(&RSA.certificate);
            let xml = encryption
                .with_cipher(cipher)
                .with_key_at(place)
                .assertion(PLAINTEXT);
            let opened = tool.decrypt(&xml);
            assert!(opened.contains(PLAINTEXT), "{cipher:?} {place:?}: {opened}");
        }
    }
}

fn opened_with(xml: &str, policy: &EncryptionPolicy) -> Zeroizing<Vec<u8>> {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    let encrypted = document.root().children().next().unwrap();
    decrypt(encrypted, &OURS, policy).unwrap()
}

fn name_in(plaintext: &[u8]) -> String {
    let document = Document::parse(plaintext, &Limits::message()).unwrap();
    let assertion = document.root();
    assert!(assertion.is(SAML, "Assertion"));
    let name = assertion.only_child(SAML, "NameID").unwrap().unwrap();
    name.text().unwrap().to_owned()
}

/// `xmlsec1`, and a folder for its files.
struct Tool {
    folder: TempDir,
}

impl Tool {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A response with an assertion that is encrypted to us.
    fn encrypt(&self, cipher: &str, session_key: &str) -> String {
        let response = format!(
            "<samlp:Response xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' xmlns:saml='{SAML}'>\
             <saml:EncryptedAssertion><saml:Assertion><saml:NameID>alice</saml:NameID>\
             </saml:Assertion></saml:EncryptedAssertion></samlp:Response>"
        );
        let template = format!(
            "<xenc:EncryptedData xmlns:xenc='{XENC}' xmlns:ds='{DS}' Type='{XENC}Element'>\
             <xenc:EncryptionMethod Algorithm='{cipher}'/><ds:KeyInfo><xenc:EncryptedKey>\
             <xenc:EncryptionMethod Algorithm='{}'/><xenc:CipherData><xenc:CipherValue/>\
             </xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData>\
             <xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>",
            Oaep::MGF1P
        );
        let mut command = Command::new("xmlsec1");
        command.args(["--encrypt", "--session-key", session_key]);
        command.arg("--pubkey-cert-pem").arg(self.certificate());
        command.args(["--node-xpath", "//*[local-name()='Assertion']"]);
        command
            .arg("--xml-data")
            .arg(self.write("response.xml", &response));
        run(command.arg(self.write("template.xml", &template)))
    }

    fn decrypt(&self, xml: &str) -> String {
        let key = self.write("key.pem", &pem("PRIVATE KEY", &RSA.pkcs8));
        let mut command = Command::new("xmlsec1");
        command.arg("--decrypt").arg("--privkey-pem").arg(key);
        command.args(["--id-attr:Id", &format!("{XENC}:EncryptedKey")]);
        run(command.arg(self.write("encrypted.xml", xml)))
    }

    fn certificate(&self) -> PathBuf {
        self.write("certificate.pem", &pem("CERTIFICATE", &RSA.certificate))
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = base64::encode(der);
    let lines = encoded.as_bytes().chunks(64);
    let lines: Vec<_> = lines.map(|line| str::from_utf8(line).unwrap()).collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
