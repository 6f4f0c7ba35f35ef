//! The services of Windows. **Not built here**: no test runs it, and only Windows compiles it.
//!
//! ```text
//! sc.exe create sso-connect start= delayed-auto obj= "NT SERVICE\sso-connect" ^
//!     binPath= "\"C:\Program Files\SSO Connect\sso-connect.exe\" serve --data-dir C:\ProgramData\sso-connect"
//! ```
//!
//! A stop, also the one when the machine shuts down, is what `SIGTERM` is elsewhere, and
//! `sc.exe control sso-connect paramchange` what `SIGHUP` is. Windows has no watchdog for
//! services: `sc.exe failure` says what becomes of one that ended.

use std::ffi::OsString;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{
    self, ServiceControlHandlerResult, ServiceStatusHandle,
};
use windows_service::{define_windows_service, service_dispatcher};

use super::{News, Supervisor};
use crate::shutdown::Signal;

/// The services of Windows, of which this process is one.
#[derive(Debug)]
pub struct WindowsServices {
    status: ServiceStatusHandle,
    wishes: tokio::sync::Mutex<UnboundedReceiver<Signal>>,
    _ends: std::sync::mpsc::Sender<()>,
}

impl WindowsServices {
    /// If they started this process; one that was started by hand is told so by Windows at once.
    #[must_use]
    pub fn of_process() -> Option<Self> {
        let (connected, connection) = std::sync::mpsc::channel();
        CONNECTED.set(Mutex::new(Some(connected))).ok()?;
        // Returns at once with an error for a program that is no service, and at its end for one
        // that is. A channel whose sender is dropped is the answer in the first case.
        std::thread::spawn(|| {
            let started = service_dispatcher::start(NAME, service_main);
            if started.is_err() {
                drop(take_connected());
            }
        });
        let services = connection.recv().ok()?;
        services.be(ServiceState::StartPending, LONGEST_START);
        Some(services)
    }

    fn be(&self, state: ServiceState, hint: Duration) {
        let accepted = match state {
            ServiceState::Running => {
                ServiceControlAccept::STOP
                    | ServiceControlAccept::PRESHUTDOWN
                    | ServiceControlAccept::PARAM_CHANGE
            }
            _ => ServiceControlAccept::empty(),
        };
        let told = self.status.set_service_status(ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted: accepted,
            exit_code: ServiceExitCode::NO_ERROR,
            checkpoint: 0,
            wait_hint: hint,
            process_id: None,
        });
        if let Err(error) = told {
            tracing::debug!(%error, "Windows was not told");
        }
    }
}

#[async_trait]
impl Supervisor for WindowsServices {
    fn tell(&self, news: &[News<'_>]) {
        for news in news {
            match news {
                News::Ready => self.be(ServiceState::Running, Duration::ZERO),
                News::Stopping(most) => self.be(ServiceState::StopPending, *most),
                News::Alive | News::Reloading | News::Status(_) => {}
            }
        }
    }

    fn pace(&self) -> Option<Duration> {
        None
    }

    async fn wish(&self) -> Signal {
        match self.wishes.lock().await.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }
}

impl Drop for WindowsServices {
    fn drop(&mut self) {
        self.be(ServiceState::Stopped, Duration::ZERO);
    }
}

define_windows_service!(service_main, serve);

/// In a thread that Windows makes; the service has ended when it returns.
fn serve(_arguments: Vec<OsString>) {
    let (tell, wishes) = mpsc::unbounded_channel();
    let handler = move |control| wish(&tell, control);
    let (Some(connected), Ok(status)) = (
        take_connected(),
        service_control_handler::register(NAME, handler),
    ) else {
        return;
    };
    let (ends, ended) = std::sync::mpsc::channel();
    let services = WindowsServices {
        status,
        wishes: tokio::sync::Mutex::new(wishes),
        _ends: ends,
    };
    if connected.send(services).is_ok() {
        // An error, when the program has dropped its end.
        let _ = ended.recv();
    }
}

fn wish(tell: &UnboundedSender<Signal>, control: ServiceControl) -> ServiceControlHandlerResult {
    let signal = match control {
        ServiceControl::ParamChange => Signal::Reload,
        ServiceControl::Preshutdown | ServiceControl::Stop => Signal::Stop,
        ServiceControl::Interrogate => return ServiceControlHandlerResult::NoError,
        _ => return ServiceControlHandlerResult::NotImplemented,
    };
    // Nobody listens any more when the program ends by itself.
    let _ = tell.send(signal);
    ServiceControlHandlerResult::NoError
}

fn take_connected() -> Option<std::sync::mpsc::Sender<WindowsServices>> {
    let mut connected = CONNECTED
        .get()?
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    connected.take()
}

/// Where the thread that Windows makes hands over what it got.
static CONNECTED: OnceLock<Mutex<Option<std::sync::mpsc::Sender<WindowsServices>>>> =
    OnceLock::new();

/// Windows does not look at it in a process with one service.
const NAME: &str = "sso-connect";

/// Until a service that starts is taken for hung.
const LONGEST_START: Duration = Duration::from_secs(60);
