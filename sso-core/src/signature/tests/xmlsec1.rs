//! The same signatures through `xmlsec1`, which knows nothing of us.
//!
//! What it signs must verify here, and what we sign must verify there, byte for byte of the
//! canonical form.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use futures_executor::block_on;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use crate::signature::test_keys::{OTHER_RSA, P256, P384, RSA, TestKey};
use crate::signature::*;
use crate::xml::properties::tree;
use crate::xml::{Document, Limits, Writer};

const DOCUMENTS: [&str; 7] = [
    r#"<p:R xmlns:p="urn:p" ID="_r">text</p:R>"#,
    r#"<R xmlns="urn:p" ID='_r' xmlns:unused="urn:u"><a:Issuer xmlns:a="urn:a">i</a:Issuer><b xmlns=""/><c/></R>"#,
    "<p:R xmlns:p='urn:p' ID='_r'>\r\n  <a z='1' p:y='2' x=\"&quot;&lt;&gt;&amp;'&#9;&#10;&#13;\t\n\"/>\r\n</p:R>",
    "<p:R xmlns:p='urn:p' ID='_r'>&lt;&gt;&amp;&quot;&apos;&#13;&#10;é\u{10FFFF}<![CDATA[<x>&]]>]]&gt;</p:R>",
    "<p:R xmlns:p='urn:p' xmlns:xs='urn:xs' xmlns:xsi='urn:xsi' ID='_r'><v xsi:type='xs:string'>v</v><p:w xml:lang='en'/></p:R>",
    "<?xml version='1.0' encoding='UTF-8'?>\n<p:R xmlns:p='urn:p' xmlns='urn:d' ID='_r'><p:a xmlns:p='urn:q' p:b=''><p:R xmlns:p='urn:p'/></p:a></p:R>\n",
    r#"<p:R xmlns:p="urn:p" xmlns:xml="http://www.w3.org/XML/1998/namespace" ID="_r"><a xml:lang="en"/></p:R>"#,
];

const RSA_METHODS: [&str; 3] = [
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
];
const ECDSA_METHODS: [&str; 3] = [
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];
const DIGESTS: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];

#[test]
fn what_we_sign_verifies_there() {
    let tool = Tool::new();
    for document in DOCUMENTS {
        for key in [&*RSA, &*P256, &*P384] {
            let signed = block_on(sign_enveloped(document, "_r", &key.signer())).unwrap();
            tool.accepts(&signed, key);
        }
        for algorithm in [SignatureAlgorithm::RsaSha384, SignatureAlgorithm::RsaSha512] {
            let signer = RSA.signer().with_algorithm(algorithm).unwrap();
            let signed = block_on(sign_enveloped(document, "_r", &signer)).unwrap();
            tool.accepts(&signed, &RSA);
        }
    }
}

#[test]
fn what_is_signed_there_verifies_here() {
    let tool = Tool::new();
    let (rsa, ecdsa) = (RSA_METHODS.iter(), ECDSA_METHODS.iter());
    let all = rsa
        .map(|it| (&*RSA, *it))
        .chain(ecdsa.flat_map(|it| [(&*P256, *it), (&*P384, *it)]));
    for (key, method) in all {
        for (document, digest) in DOCUMENTS.iter().zip(DIGESTS.iter().cycle()) {
            let signed = tool.sign(&with_template(document, method, digest, ""), key);
            accepts(&signed, key, &Algorithms::new());
        }
    }
}

#[test]
fn inclusive_prefixes_mean_the_same_there_and_here() {
    let tool = Tool::new();
    for document in DOCUMENTS {
        for prefixes in [
            "",
            "xs",
            "#default",
            "xs p #default unused nowhere",
            "xml p",
        ] {
            let template = with_template(document, RSA_METHODS[0], DIGESTS[0], prefixes);
            accepts(&tool.sign(&template, &RSA), &RSA, &Algorithms::new());
        }
    }
}

#[test]
fn sha_1_verifies_here_with_the_exception_only() {
    let tool = Tool::new();
    let (method, digest) = (
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#sha1",
    );
    let signed = tool.sign(&with_template(DOCUMENTS[0], method, digest, ""), &RSA);
    accepts(&signed, &RSA, &Algorithms::new().dangerous().allow_sha1());
    let document = Document::parse(signed.as_bytes(), &Limits::message()).unwrap();
    let keys = [RSA.verifying_key()];
    assert_eq!(
        verify_enveloped(document.root(), &keys, &Algorithms::new())
            .unwrap_err()
            .code(),
        "sig.alg"
    );
}

#[test]
fn any_document_has_the_same_canonical_form_there_and_here() {
    let tool = Tool::new();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&tree(), |tree| {
        let mut writer = Writer::new();
        writer.start("p:R").namespace("p", "urn:p").attr("ID", "_r");
        tree.write(&mut writer, true);
        let document = writer.finish();
        let signed = tool.sign(
            &with_template(&document, RSA_METHODS[0], DIGESTS[0], "q #default"),
            &RSA,
        );
        accepts(&signed, &RSA, &Algorithms::new());
        let signed = block_on(sign_enveloped(&document, "_r", &P256.signer())).unwrap();
        tool.accepts(&signed, &P256);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn the_comparison_notices_a_change_and_another_key() {
    let tool = Tool::new();
    let signed = block_on(sign_enveloped(DOCUMENTS[0], "_r", &RSA.signer())).unwrap();
    assert!(
        !tool
            .verify(&signed.replace("text", "test"), &RSA)
            .status
            .success()
    );
    assert!(!tool.verify(&signed, &OTHER_RSA).status.success());
}

/// Verifies here.
fn accepts(signed: &str, key: &TestKey, algorithms: &Algorithms) {
    let document = Document::parse(signed.as_bytes(), &Limits::message()).unwrap();
    let verified = verify_enveloped(document.root(), &[key.verifying_key()], algorithms);
    assert!(verified.is_ok(), "{}\n{signed}", verified.unwrap_err());
}

/// `document` with an empty signature where ours would be.
fn with_template(document: &str, method: &str, digest: &str, prefixes: &str) -> String {
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let list = match prefixes {
        "" => String::new(),
        _ => format!("<e:InclusiveNamespaces xmlns:e='{exclusive}' PrefixList='{prefixes}'/>"),
    };
    let template = format!(
        "<Signature xmlns='{DS}'>\n<SignedInfo>\n\
         <CanonicalizationMethod Algorithm='{exclusive}'>{list}</CanonicalizationMethod>\n\
         <SignatureMethod Algorithm='{method}'/>\n<Reference URI='#_r'><Transforms>\
         <Transform Algorithm='http://www.w3.org/2000/09/xmldsig#enveloped-signature'/>\
         <Transform Algorithm='{exclusive}'>{list}</Transform></Transforms>\
         <DigestMethod Algorithm='{digest}'/><DigestValue/></Reference>\n</SignedInfo>\n<SignatureValue/></Signature>"
    );
    let tree = Document::parse(document.as_bytes(), &Limits::message()).unwrap();
    let place = match tree
        .root()
        .children()
        .next()
        .filter(|child| child.local_name() == "Issuer")
    {
        Some(issuer) => issuer.place().end,
        None => tree.root().place().content,
    };
    let (before, after) = document.split_at(place as usize);
    format!("{before}{template}{after}")
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

    fn sign(&self, template: &str, key: &TestKey) -> String {
        let private = self.write("key.pem", &pem("PRIVATE KEY", &key.pkcs8));
        let output = self.run(&["--sign", "--privkey-pem"], &private, template);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn accepts(&self, signed: &str, key: &TestKey) {
        let output = self.verify(signed, key);
        assert!(
            output.status.success(),
            "{}\n{signed}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn verify(&self, signed: &str, key: &TestKey) -> Output {
        let public = self.write(
            "key.pem",
            &pem("PUBLIC KEY", key.verifying_key().as_spki_der()),
        );
        self.run(&["--verify", "--pubkey-pem"], &public, signed)
    }

    fn run(&self, mode: &[&str], key: &Path, document: &str) -> Output {
        let document = self.write("document.xml", document);
        Command::new("xmlsec1")
            .args(mode)
            .arg(key)
            .args(["--enabled-key-data", "key-name", "--id-attr:ID", "urn:p:R"])
            .arg(document)
            .output()
            .unwrap()
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = base64::encode(der);
    let lines: Vec<_> = encoded
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
