//! The program `xmlsec1`: libxml2 and OpenSSL.

use std::path::PathBuf;
use std::process::{Command, Output};

use sso_core::signature::VerifyingKey;
use tempfile::TempDir;

use crate::path::Path;
use crate::scan::find;

/// `xmlsec1`, and a folder for its files.
#[derive(Debug)]
pub struct Xmlsec1 {
    folder: TempDir,
}

/// Where a signature is, and what it is of: the attribute `ID` of such elements is an identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "each field is needed")]
pub struct Carrier {
    /// The way to the signature.
    pub signature: Path,
    /// The namespace of the signed element; empty if there is none.
    pub namespace: String,
    /// Its name.
    pub local_name: String,
}

impl Xmlsec1 {
    /// The program, if this machine has it.
    #[must_use]
    pub fn find() -> Option<Self> {
        let found = Command::new("xmlsec1").arg("--version").output().ok()?;
        let folder = tempfile::tempdir().ok()?;
        found.status.success().then_some(Self { folder })
    }

    /// Verifies a signature in each of `documents` with `key` and no other, and returns the octets
    /// whose digests it computed.
    ///
    /// # Errors
    ///
    /// What the program printed, if one of them does not hold.
    pub fn verify(
        &self,
        documents: &[&str],
        carrier: &Carrier,
        key: &VerifyingKey,
    ) -> Result<Vec<Vec<u8>>, String> {
        let key = self.write("key.der", key.as_spki_der());
        let write = |(number, text): (usize, &&str)| {
            self.write(&format!("document{number}.xml"), text.as_bytes())
        };
        let documents: Vec<_> = documents.iter().enumerate().map(write).collect();
        let output = Command::new("xmlsec1")
            .args(["--verify", "--store-references", "--print-debug"])
            .args(["--enabled-key-data", "key-name"])
            .args(["--id-attr:ID", &carrier.element()])
            .args(["--node-xpath", &carrier.signature.to_xpath()])
            .arg("--pubkey-der")
            .arg(key)
            .args(documents)
            .output()
            .map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(digested(&output.stdout)),
            false => Err(said(&output)),
        }
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("a file in a temporary folder");
        path
    }
}

impl Carrier {
    fn element(&self) -> String {
        match &*self.namespace {
            "" => self.local_name.clone(),
            namespace => format!("{namespace}:{}", self.local_name),
        }
    }
}

/// What the references were computed of, one for each document.
fn digested(mut output: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some((_, rest)) = split(output, BEGIN) {
        let Some((octets, rest)) = split(rest, END) else {
            break;
        };
        found.push(octets.to_vec());
        output = rest;
    }
    found
}

/// What is before and behind the first `mark`.
fn split<'o>(output: &'o [u8], mark: &[u8]) -> Option<(&'o [u8], &'o [u8])> {
    let at = find(output, 0, mark)?;
    Some((output.get(..at)?, output.get(at + mark.len()..)?))
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    format!("{errors}\n{printed}")
}

const BEGIN: &[u8] = b"== PreDigest data - start buffer:\n";
const END: &[u8] = b"\n== PreDigest data - end buffer\n";
