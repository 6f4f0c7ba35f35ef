//! The data folder: where everything of one server is, and who may read it.
//!
//! ```text
//! config.toml            shared configuration: base URL, identity providers, destinations
//! local.toml             settings of this machine alone: address, port, log format
//! keys/tls.pem           certificate chain of the public address   keys/tls.key            its key
//! keys/saml-signing.pem  certificate given to identity providers   keys/saml-signing.key   its key
//! keys/saml-decryption.pem   the same, for encrypted assertions    keys/saml-decryption.key
//! keys/*-next.pem, .key  what waits to take the place of one of these
//! keys/saml-decryption-before.pem, .key   what was in use before, and decrypts on
//! keys/acme.sealed       account and certificate of an authority that issues by itself, sealed by the data key
//! keys/cookies.key       seals cookies; the first line is current, further lines are older keys
//! keys/data.key          seals the users' secrets in the database; keys/data.sealed if it is sealed itself
//! sso.sqlite3            users, used assertions, ended sessions
//!
//! domain.toml            of a server of a domain: where its hub is, in place of config.toml
//! keys/node.sealed       its own keys             keys/keeper.key   seals what ends in .sealed
//! node/                  its copy of configuration and users
//! session.sealed         the session of an administrator      draft.sealed   what is to be saved
//! control.json           while a server runs: where its control channel is, and the token for it
//! ```
//!
//! A hub has one of its own kind:
//!
//! ```text
//! hub.toml               settings: under what name it is reached, where it listens, limits
//! keys/tls.pem           certificate chain of the public address   keys/tls.key            its key
//! keys/hub.key           what administrators are signed in with
//! hub.db                 domains and their administrators, unless they are in PostgreSQL
//! audit.jsonl            what happened
//! ```

mod error;
mod program;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub use error::DataDirError;
pub use program::Program;

/// A data folder that only its owner can read.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
    program: Program,
}

impl DataDir {
    /// Opens the folder of a server: with a configuration of its own, or of a domain.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Missing`], or [`DataDirError::Permissions`] if others can read it.
    pub fn open(root: &Path) -> Result<Self, DataDirError> {
        Self::open_of(Program::Server, root)
    }

    /// Opens the folder of a hub or of a server.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_of(program: Program, root: &Path) -> Result<Self, DataDirError> {
        let dir = Self::at(program, root);
        let is_member = program == Program::Server && is_there(&dir.domain_file())?;
        if !is_member && !is_there(&dir.settings_file())? {
            let path = root.into();
            return Err(DataDirError::Missing { path, program });
        }
        check_mode(root, FOLDER_MODE)?;
        check_mode(&dir.keys(), FOLDER_MODE)?;
        Ok(dir)
    }

    /// Opens whatever folder there is, or makes an empty one, with a folder for keys in it.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Io`], or [`DataDirError::Permissions`] if others can read it.
    pub fn ensure(root: &Path) -> Result<Self, DataDirError> {
        Self::ensure_of(Program::Server, root)
    }

    fn ensure_of(program: Program, root: &Path) -> Result<Self, DataDirError> {
        let dir = Self::at(program, root);
        for folder in [root, &dir.keys()] {
            create_folder(folder).map_err(|source| DataDirError::io(folder, source))?;
            check_mode(folder, FOLDER_MODE)?;
        }
        Ok(dir)
    }

    /// Makes the folder, with a folder for keys in it.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Initialised`] if there is a configuration already.
    pub fn create(root: &Path) -> Result<Self, DataDirError> {
        Self::create_of(Program::Server, root)
    }

    /// Makes the folder of a hub or of a server.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create).
    pub fn create_of(program: Program, root: &Path) -> Result<Self, DataDirError> {
        let dir = Self::at(program, root);
        if dir.settings_file().exists() {
            let path = root.into();
            return Err(DataDirError::Initialised { path, program });
        }
        Self::ensure_of(program, root)
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that makes the folder a data folder.
    #[must_use]
    pub fn settings_file(&self) -> PathBuf {
        self.root.join(self.program.settings_file())
    }

    /// The shared configuration.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The settings of this machine.
    #[must_use]
    pub fn local_file(&self) -> PathBuf {
        self.root.join("local.toml")
    }

    /// Where the control channel of the running server is.
    #[must_use]
    pub fn control_file(&self) -> PathBuf {
        self.root.join("control.json")
    }

    /// Which domain the server belongs to.
    #[must_use]
    pub fn domain_file(&self) -> PathBuf {
        self.root.join("domain.toml")
    }

    /// The copy of the domain.
    #[must_use]
    pub fn node_folder(&self) -> PathBuf {
        self.root.join("node")
    }

    /// Something that is kept about the domain, by its name in the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join(self.program.database())
    }

    /// Refuses to go on without the database, which `init` makes.
    ///
    /// # Errors
    ///
    /// [`DataDirError::NoDatabase`].
    pub fn expect_database(&self) -> Result<(), DataDirError> {
        let path = self.database();
        match path.exists() {
            true => Ok(()),
            false => Err(DataDirError::NoDatabase {
                path,
                program: self.program,
            }),
        }
    }

    /// One of the key files.
    #[must_use]
    pub fn key_file(&self, key: KeyFile) -> PathBuf {
        self.keys().join(key.name())
    }

    /// Reads a file that others must not read.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Permissions`] if they can, [`DataDirError::Io`] if we cannot.
    pub fn read(&self, path: &Path) -> Result<Zeroizing<String>, DataDirError> {
        let text = fs::read_to_string(path).map_err(|source| DataDirError::io(path, source))?;
        check_mode(path, FILE_MODE)?;
        Ok(Zeroizing::new(text))
    }

    /// Like [`read`](Self::read); `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub fn read_if_present(&self, path: &Path) -> Result<Option<Zeroizing<String>>, DataDirError> {
        match self.read(path) {
            Err(DataDirError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// Replaces a file as a whole: after a crash it is the old one or the new one.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Io`], with the old file untouched.
    pub fn write(&self, path: &Path, content: &str) -> Result<(), DataDirError> {
        self.write_bytes(path, content.as_bytes())
    }

    /// Like [`write`](Self::write), for what is no text.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Io`], with the old file untouched.
    pub fn write_bytes(&self, path: &Path, content: &[u8]) -> Result<(), DataDirError> {
        let temporary = path.with_added_extension("new");
        write_durably(&temporary, content)
            .and_then(|()| fs::rename(&temporary, path))
            .and_then(|()| sync_folder(path))
            .map_err(|source| DataDirError::io(path, source))
    }

    /// Reads a file that others must not read and that is no text; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub fn read_bytes(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, DataDirError> {
        if !is_there(path)? {
            return Ok(None);
        }
        check_mode(path, FILE_MODE)?;
        let bytes = fs::read(path).map_err(|source| DataDirError::io(path, source))?;
        Ok(Some(Zeroizing::new(bytes)))
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Io`].
    pub fn remove(&self, path: &Path) -> Result<(), DataDirError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(DataDirError::io(path, error))
            }
            _ => Ok(()),
        }
    }

    /// Gives a file another name, if it is there; tells whether it was.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Io`].
    pub fn rename(&self, from: &Path, to: &Path) -> Result<bool, DataDirError> {
        match fs::rename(from, to).and_then(|()| sync_folder(to)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(DataDirError::io(from, error)),
        }
    }

    fn at(program: Program, root: &Path) -> Self {
        Self {
            root: root.into(),
            program,
        }
    }

    fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }
}

/// A file in the folder `keys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFile {
    /// The account at an authority that issues certificates by itself, and what it issued.
    Acme,
    /// Seals cookies.
    Cookies,
    /// Seals the users' secrets.
    Data,
    /// Certificate for encrypted assertions.
    DecryptionCertificate,
    /// Key for encrypted assertions.
    DecryptionKey,
    /// Certificate for encrypted assertions that was in use before.
    FormerDecryptionCertificate,
    /// Its key, which decrypts on.
    FormerDecryptionKey,
    /// What a hub needs to sign administrators in.
    Hub,
    /// Seals what else the server keeps to itself, unless something better does.
    Keeper,
    /// Certificate for encrypted assertions that waits.
    NextDecryptionCertificate,
    /// Its key, which decrypts already.
    NextDecryptionKey,
    /// Certificate that identity providers will know us by.
    NextSigningCertificate,
    /// Its key.
    NextSigningKey,
    /// Certificate chain of the public address that waits.
    NextTlsCertificate,
    /// Its key.
    NextTlsKey,
    /// The keys by which the server is a member of its domain, sealed.
    Node,
    /// What [`Acme`](Self::Acme) is now, before it was sealed.
    OpenAcme,
    /// Seals the users' secrets, and is sealed by something better than a file.
    SealedData,
    /// Certificate that identity providers know us by.
    SigningCertificate,
    /// Key that signs our requests.
    SigningKey,
    /// Certificate chain of the public address.
    TlsCertificate,
    /// Key of the public address.
    TlsKey,
}

impl KeyFile {
    const fn name(self) -> &'static str {
        match self {
            Self::Acme => "acme.sealed",
            Self::Cookies => "cookies.key",
            Self::Data => "data.key",
            Self::DecryptionCertificate => "saml-decryption.pem",
            Self::DecryptionKey => "saml-decryption.key",
            Self::FormerDecryptionCertificate => "saml-decryption-before.pem",
            Self::FormerDecryptionKey => "saml-decryption-before.key",
            Self::Hub => "hub.key",
            Self::Keeper => "keeper.key",
            Self::NextDecryptionCertificate => "saml-decryption-next.pem",
            Self::NextDecryptionKey => "saml-decryption-next.key",
            Self::NextSigningCertificate => "saml-signing-next.pem",
            Self::NextSigningKey => "saml-signing-next.key",
            Self::NextTlsCertificate => "tls-next.pem",
            Self::NextTlsKey => "tls-next.key",
            Self::Node => "node.sealed",
            Self::OpenAcme => "acme.json",
            Self::SealedData => "data.sealed",
            Self::SigningCertificate => "saml-signing.pem",
            Self::SigningKey => "saml-signing.key",
            Self::TlsCertificate => "tls.pem",
            Self::TlsKey => "tls.key",
        }
    }
}

#[cfg(unix)]
fn check_mode(path: &Path, wanted: u32) -> Result<(), DataDirError> {
    use std::os::unix::fs::PermissionsExt as _;

    let metadata = fs::metadata(path).map_err(|source| DataDirError::io(path, source))?;
    let found = metadata.permissions().mode() & 0o7777;
    match found & 0o077 {
        0 => Ok(()),
        _ => Err(DataDirError::Permissions {
            path: path.into(),
            found,
            wanted,
        }),
    }
}

/// Elsewhere the folder inherits who may read it.
#[cfg(not(unix))]
fn check_mode(_path: &Path, _wanted: u32) -> Result<(), DataDirError> {
    Ok(())
}

fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER_MODE);
    builder.create(path)
}

fn is_there(path: &Path) -> Result<bool, DataDirError> {
    path.try_exists()
        .map_err(|source| DataDirError::io(path, source))
}

fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// Elsewhere a folder cannot be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

#[cfg(unix)]
#[cfg(test)]
mod tests;
