//! The public address of a server: open, or shut for a reason that may pass.
//!
//! A private address that is not on this machine yet, a port that somebody else has, a privilege that
//! is missing: none of it ends the program. It goes on without its public address, says why, and
//! opens as soon as it can.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::address::{self, AddressError};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::server::{RenewTls, Server};

/// Why the public address is shut, if it is.
pub type Shut = Option<Arc<AddressError>>;

/// The public address of a server.
#[derive(Debug)]
pub struct Front {
    inner: Arc<Inner>,
    keeper: JoinHandle<()>,
}

/// What is behind the address.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct Behind {
    /// The certificate.
    pub tls: RenewTls,
    /// The routes.
    pub router: Router,
    /// Connections at a time.
    pub max_connections: usize,
}

/// Where a server is to listen.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the two ways to say it")]
pub enum Wanted {
    /// At the address that was given; the setting does not matter.
    Given(SocketAddr),
    /// Where `local.toml` in this folder says, which is read again before each attempt.
    Setting(DataDir, SocketAddr),
}

#[derive(Debug)]
struct Inner {
    behind: Behind,
    server: Mutex<Option<Server>>,
    shut: watch::Sender<Shut>,
    address: Mutex<SocketAddr>,
    at_once: Notify,
}

impl Front {
    /// Opens `listener` if there is one, else tries until it can; and looks from time to time whether
    /// the address is still there.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the listener cannot be used.
    pub fn open(
        wanted: Wanted,
        listener: Result<TcpListener, AddressError>,
        behind: Behind,
    ) -> Result<Self, Failure> {
        let inner = Arc::new(Inner {
            behind,
            server: Mutex::new(None),
            shut: watch::Sender::new(None),
            address: Mutex::new(wanted.address()),
            at_once: Notify::new(),
        });
        match listener {
            Ok(listener) => inner.serve(listener)?,
            Err(error) => inner.shut_for(error),
        }
        let keeper = tokio::spawn(keep(Arc::clone(&inner), wanted));
        Ok(Self { inner, keeper })
    }

    /// Where it listens, or would.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        *lock(&self.inner.address)
    }

    /// Why it is shut, if it is, and every change of that.
    #[must_use]
    pub fn shut(&self) -> watch::Receiver<Shut> {
        self.inner.shut.subscribe()
    }

    /// Tries at once, instead of after a pause.
    pub fn try_now(&self) {
        self.inner.at_once.notify_one();
    }

    /// Renews the certificate.
    #[must_use]
    pub fn tls(&self) -> RenewTls {
        self.inner.behind.tls.clone()
    }

    /// Takes no more connections, lets requests finish for at most `patience`, and ends.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server ended by itself before.
    pub async fn stop(self, patience: Duration) -> Result<(), Failure> {
        self.keeper.abort();
        let server = lock(&self.inner.server).take();
        match server {
            Some(server) => server.stop(patience).await.map_err(|it| not_run(&it)),
            None => Ok(()),
        }
    }
}

impl Wanted {
    /// The address, as it was known last.
    const fn address(&self) -> SocketAddr {
        match self {
            Self::Given(address) | Self::Setting(_, address) => *address,
        }
    }

    /// Reads the setting again: changing it is a way to mend what is wrong. One that makes no sense
    /// changes nothing.
    fn renew(&mut self) -> SocketAddr {
        if let Self::Setting(dir, address) = self
            && let Ok(local) = LocalSettings::load(dir)
        {
            *address = local.listen();
        }
        self.address()
    }
}

impl Inner {
    fn is_open(&self) -> bool {
        lock(&self.server).is_some()
    }

    fn serve(&self, listener: TcpListener) -> Result<(), Failure> {
        let Behind {
            tls,
            router,
            max_connections,
        } = &self.behind;
        let server = Server::start(listener, tls.clone(), router.clone(), *max_connections);
        let server = server.map_err(|error| not_run(&error))?;
        *lock(&self.address) = server.address();
        *lock(&self.server) = Some(server);
        self.shut.send_replace(None);
        Ok(())
    }

    fn try_to_open(&self, address: SocketAddr) {
        *lock(&self.address) = address;
        match address::bind(address) {
            Ok(listener) => {
                if let Err(error) = self.serve(listener) {
                    tracing::error!(%error, "the public address stays shut");
                }
            }
            Err(error) => self.shut_for(error),
        }
    }

    /// An open listener outlives its address, and works again when that comes back.
    fn look(&self) {
        match address::expect_here(lock(&self.address).ip()) {
            Ok(()) if self.shut.borrow().is_some() => {
                tracing::info!("the private address is back");
                self.shut.send_replace(None);
            }
            Ok(()) => {}
            Err(error) => self.shut_for(error),
        }
    }

    fn shut_for(&self, error: AddressError) {
        let known = self.shut.borrow().as_ref().map(ToString::to_string);
        if known != Some(error.to_string()) {
            tracing::error!(
                reason = error.to_string().as_str(),
                fix = error.fix().as_str(),
                "nobody can sign in here: the public address is shut; all else goes on"
            );
            self.shut.send_replace(Some(Arc::new(error)));
        }
    }
}

/// Opens what is shut, and looks after what is open; for ever.
async fn keep(inner: Arc<Inner>, mut wanted: Wanted) {
    let mut pause = FIRST_PAUSE;
    loop {
        let length = if inner.is_open() { LOOK } else { pause };
        tokio::select! {
            () = tokio::time::sleep(length) => pause = (pause * 2).min(LONGEST_PAUSE),
            () = inner.at_once.notified() => pause = FIRST_PAUSE,
        }
        if inner.is_open() {
            inner.look();
        } else {
            inner.try_to_open(wanted.renew());
        }
    }
}

fn not_run(error: &std::io::Error) -> Failure {
    Failure::because(format!("the server cannot run: {error}"))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Between looks at whether the address is still there.
const LOOK: Duration = Duration::from_secs(2);

/// Between the first attempts to open; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
