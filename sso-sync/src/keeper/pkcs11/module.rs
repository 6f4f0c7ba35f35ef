//! The library of a token, which a process has once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

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
    /// The module at `path`; the same one for all who ask, under whatever name of the file.
    ///
    /// It is kept until the process ends: not every library stands it to be unloaded while threads
    /// run that have been in it.
    pub(super) fn open(path: &Path) -> Result<Arc<Self>, TokenError> {
        let one = path.canonicalize().unwrap_or_else(|_| path.into());
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&one) {
            return Ok(Arc::clone(module));
        }
        let module = Arc::new(Self::load(path).map_err(|source| TokenError::Module {
            path: path.into(),
            source,
        })?);
        modules.insert(one, Arc::clone(&module));
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

    /// Calls the library while nobody else is inside of it.
    #[cfg(feature = "testkit")]
    pub(super) fn enter_alone<T>(&self, work: impl FnOnce(&Pkcs11) -> T) -> T {
        work(&self.library.write().unwrap_or_else(PoisonError::into_inner))
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

static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());
