//! `control.json`: where the running server is, and the token that it wants.

use std::fmt;
use std::fs;
use std::io;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::data_dir::{DataDir, DataDirError};
use crate::failure::Failure;

/// What the file says. `Debug` shows no token.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct ControlFile {
    pub(super) port: u16,
    pub(super) token: String,
}

impl ControlFile {
    /// A new token for a server at `port`.
    pub(super) fn new(port: u16) -> Result<Self, Failure> {
        let mut token = Zeroizing::new([0; 32]);
        rand::fill(token.as_mut_slice())
            .map_err(|_| Failure::because("the operating system gives no random bytes"))?;
        Ok(Self {
            port,
            token: BASE64_URL_SAFE_NO_PAD.encode(*token),
        })
    }

    /// Writes it, readable by its owner only.
    pub(super) fn write(&self, dir: &DataDir) -> Result<(), Failure> {
        let text = serde_json::to_string(self).map(Zeroizing::new);
        let text = text.map_err(|error| Failure::because(error.to_string()))?;
        Ok(dir.write(&dir.control_file(), &text)?)
    }

    /// `None` if there is none, or none that makes sense.
    pub(super) fn read(dir: &DataDir) -> Result<Option<Self>, DataDirError> {
        let text = dir.read_if_present(&dir.control_file())?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Removes the file of this server, and of no other one that came after it.
    pub(super) fn remove(&self, dir: &DataDir) -> io::Result<()> {
        match Self::read(dir) {
            Ok(Some(found)) if found.token == self.token => fs::remove_file(dir.control_file()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ControlFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ControlFile(127.0.0.1:{}, …)", self.port)
    }
}
