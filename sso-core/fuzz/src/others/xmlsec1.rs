//! The program `xmlsec1`: libxml2 and OpenSSL.

use std::path::{Path as FilePath, PathBuf};
use std::process::{Command, Output};

use sso_core::signature::VerifyingKey;
use tempfile::TempDir;

use crate::path::Path;

/// `xmlsec1`, and a folder for its files.
#[derive(Debug)]
pub struct Xmlsec1 {
    folder: TempDir,
}

impl Xmlsec1 {
    /// The program, if this machine has it.
    #[must_use]
    pub fn find() -> Option<Self> {
        let found = Command::new("xmlsec1").arg("--version").output().ok()?;
        let folder = tempfile::tempdir().ok()?;
        found.status.success().then_some(Self { folder })
    }

    /// Verifies the signature at `signature` with `key` and no other, and returns the octets whose
    /// digest it computed. `element` is the namespace and the name of what carries the signature:
    /// its attribute `ID` is an identifier.
    ///
    /// # Errors
    ///
    /// What the program printed.
    pub fn verify(
        &self,
        document: &str,
        signature: &Path,
        element: (&str, &str),
        key: &VerifyingKey,
    ) -> Result<Vec<u8>, String> {
        let key = self.write("key.der", key.as_spki_der());
        let document = self.write("document.xml", document.as_bytes());
        let element = match element {
            ("", local) => local.to_owned(),
            (namespace, local) => format!("{namespace}:{local}"),
        };
        let output = Command::new("xmlsec1")
            .args(["--verify", "--store-references", "--print-debug"])
            .args(["--enabled-key-data", "key-name", "--id-attr:ID", &element])
            .args(["--node-xpath", &signature.to_xpath(), "--pubkey-der"])
            .args([key, document])
            .output()
            .map_err(|error| error.to_string())?;
        digested(&output).ok_or_else(|| said(&output))
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = FilePath::join(self.folder.path(), name);
        std::fs::write(&path, content).expect("a file in a temporary folder");
        path
    }
}

/// What the one reference of a signature that held was computed of.
fn digested(output: &Output) -> Option<Vec<u8>> {
    let rest = behind(&output.stdout, BEGIN).filter(|_| output.status.success())?;
    let length = rest.windows(END.len()).rposition(|it| it == END)?;
    rest.get(..length).map(<[u8]>::to_vec)
}

fn behind<'o>(output: &'o [u8], mark: &[u8]) -> Option<&'o [u8]> {
    let at = output.windows(mark.len()).position(|it| it == mark)?;
    output.get(at + mark.len()..)
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    format!("{errors}\n{printed}")
}

const BEGIN: &[u8] = b"== PreDigest data - start buffer:\n";
const END: &[u8] = b"\n== PreDigest data - end buffer\n";
