//! The library of a token, which a process has once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use super::TokenError;

/// A PKCS#11 library at work.
///
/// Nobody may be inside of it while it is started anew, so every call goes through
/// [`enter`](Self::enter).
pub(super) struct Module {
    path: PathBuf,
    library: RwLock<Pkcs11>,
    generation: AtomicU64,
    listing: Mutex<()>,
    making: Mutex<()>,
}

impl Module {
    /// The module at `path`; the same one for all who ask while somebody has it.
    pub(super) fn open(path: &Path) -> Result<Arc<Self>, TokenError> {
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(path).and_then(Weak::upgrade) {
            return Ok(module);
        }
        let module = Arc::new(Self::load(path).map_err(|source| TokenError::Module {
            path: path.into(),
            source,
        })?);
        modules.insert(path.into(), Arc::downgrade(&module));
        Ok(module)
    }

    fn load(path: &Path) -> Result<Self, Error> {
        let library = Pkcs11::new(path)?;
        initialize(&library)?;
        Ok(Self {
            path: path.into(),
            library: RwLock::new(library),
            generation: AtomicU64::new(0),
            listing: Mutex::default(),
            making: Mutex::default(),
        })
    }

    /// Calls the library. `work` is told how often it was started anew: what stems from before is
    /// worth nothing.
    pub(super) fn enter<T>(&self, work: impl FnOnce(&Pkcs11, u64) -> T) -> T {
        let library = self.library.read().unwrap_or_else(PoisonError::into_inner);
        work(&library, self.generation())
    }

    /// Starts the library anew, unless somebody has done so since `seen`.
    ///
    /// Some need it to find a device again; it ends the sessions of everybody in this process.
    pub(super) fn restart(&self, seen: u64) -> Result<(), Error> {
        let library = self.library.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation() != seen {
            return Ok(());
        }
        self.generation.fetch_add(1, Ordering::Relaxed);
        // A library that has ended by itself is what is wanted.
        let _ = library.clone().finalize();
        initialize(&library)
    }

    /// Held while an object is looked for that would be made: some libraries show one to others
    /// before it is whole.
    pub(super) fn making(&self) -> MutexGuard<'_, ()> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while slots are listed: SoftHSM does not stand two who do it at once.
    pub(super) fn listing(&self) -> MutexGuard<'_, ()> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Module({})", self.path.display())
    }
}

/// A library that somebody else in this process has started is as good.
fn initialize(library: &Pkcs11) -> Result<(), Error> {
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        other => other,
    }
}

static MODULES: Mutex<BTreeMap<PathBuf, Weak<Module>>> = Mutex::new(BTreeMap::new());
