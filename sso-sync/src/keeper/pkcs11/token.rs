//! A token that is kept within reach.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};

use super::login::{Login, failed, is_logged_in};
use super::loss::Loss;
use super::module::Module;
use super::object::Wanted;
use super::pool::{Lent, Open, Pool};
use super::{PinSource, TokenError, TokenName};

/// Where a token is, and how to log in to it.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The PKCS#11 library: `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The label of the token.
    pub label: String,
    /// Where its PIN is; nothing if the token asks for it by itself, at a keypad.
    pub pin: Option<PinSource>,
}

impl TokenSettings {
    /// The token labelled `label`, reached through the library `module`.
    #[must_use]
    pub fn new(module: impl Into<PathBuf>, label: &str, pin: Option<PinSource>) -> Self {
        Self {
            module: module.into(),
            label: label.into(),
            pin,
        }
    }
}

/// A token: opened when it is needed, and again when it was lost.
///
/// A process has each token once, and all that are reached through one library share that. When the
/// token itself was lost, the library is started anew, which ends what others in this process do
/// with it.
#[derive(Debug)]
pub struct Token {
    name: TokenName,
    login: Login,
    module: Arc<Module>,
    pool: Pool,
}

impl Token {
    /// Loads the library, unless this process has the token already. The token is looked for by
    /// the first call that needs it.
    ///
    /// # Errors
    ///
    /// [`TokenError::Module`].
    pub fn open(settings: &TokenSettings) -> Result<Arc<Self>, TokenError> {
        let module = Module::open(&settings.module)?;
        let name = TokenName::new(&settings.label, &settings.module);
        let mut tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens.entry((name.clone(), settings.pin.clone()));
        let made = token.or_insert_with(|| {
            Arc::new(Self {
                login: Login::new(settings.pin.clone()),
                pool: Pool::default(),
                module,
                name,
            })
        });
        Ok(Arc::clone(made))
    }

    /// Lets `work` have the library of the token, while nobody else is inside of it: for tests that
    /// do to a token what a server does not.
    #[cfg(feature = "testkit")]
    pub fn alone<T>(&self, work: impl FnOnce(&Pkcs11) -> T) -> T {
        self.module.enter_alone(work)
    }

    /// The label of the token.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.label()
    }

    /// The token, for error texts.
    pub(super) const fn name(&self) -> &TokenName {
        &self.name
    }

    /// Does `work` in a session that is logged in. What was lost is opened again, and `work` tried
    /// anew; one logout may be seen twice, since a library may forget objects after the login.
    pub(super) fn run<T>(
        &self,
        mut work: impl FnMut(&mut At<'_>) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let seen = self.module.generation();
        let mut lent = self.pool.lend();
        for _ in 1..TRIES {
            let done = self.attempt(&mut lent, &mut work);
            let Some(loss) = done.as_ref().err().and_then(TokenError::loss) else {
                return done;
            };
            if loss == Loss::Device {
                self.module.restart(seen).map_err(failed(&self.name))?;
            }
        }
        self.attempt(&mut lent, &mut work)
    }

    /// See [`Module::making`].
    pub(super) fn making(&self) -> MutexGuard<'_, ()> {
        self.module.making()
    }

    fn attempt<T>(
        &self,
        lent: &mut Lent<'_>,
        work: &mut impl FnMut(&mut At<'_>) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        self.module.enter(|library, generation| {
            let idle = lent.open.take().and_then(|open| open.of(generation));
            let mut open = match idle {
                Some(open) => open,
                None => self.open_session(library, generation)?,
            };
            let done = work(&mut At {
                token: self,
                library,
                open: &mut open,
            });
            if done.as_ref().err().and_then(TokenError::loss).is_none() {
                lent.open = Some(open);
            }
            done
        })
    }

    fn open_session(&self, library: &Pkcs11, generation: u64) -> Result<Open, TokenError> {
        let (slot, info) = self.find(library)?;
        let session = library.open_ro_session(slot).map_err(failed(&self.name))?;
        self.login.log_in(&session, &info, &self.name)?;
        Ok(Open {
            session,
            generation,
            found: BTreeMap::new(),
        })
    }

    fn find(&self, library: &Pkcs11) -> Result<(Slot, TokenInfo), TokenError> {
        let _listing = self.module.listing();
        let slots = library.get_slots_with_token().map_err(failed(&self.name))?;
        let mut present = Vec::new();
        for slot in slots {
            // A slot whose token is just being taken out is none of ours.
            let Ok(info) = library.get_token_info(slot) else {
                continue;
            };
            if info.token_initialized() && info.label() == self.label() {
                return Ok((slot, info));
            }
            present.extend(info.token_initialized().then(|| info.label().to_owned()));
        }
        Err(TokenError::NoToken {
            token: self.name.clone(),
            present,
        })
    }
}

/// A session in which something is done.
pub(super) struct At<'a> {
    token: &'a Token,
    library: &'a Pkcs11,
    open: &'a mut Open,
}

impl At<'_> {
    pub(super) const fn session(&self) -> &Session {
        &self.open.session
    }

    /// A session that may change the token, for this moment.
    pub(super) fn writing(&self) -> Result<Session, TokenError> {
        let (slot, _) = self.token.find(self.library)?;
        let session = self.library.open_rw_session(slot);
        session.map_err(self.failed())
    }

    /// The object that is wanted; the first if there are several.
    pub(super) fn find(&mut self, wanted: &Wanted) -> Result<ObjectHandle, TokenError> {
        if let Some(known) = self.open.found.get(wanted) {
            return Ok(*known);
        }
        let found = self.find_all(wanted)?;
        let found = found.first().ok_or_else(|| TokenError::NoObject {
            token: self.token.name.clone(),
            what: wanted.kind.name(),
            label: wanted.label.clone(),
        })?;
        self.open.found.insert(wanted.clone(), *found);
        Ok(*found)
    }

    /// Every object like the wanted one.
    pub(super) fn find_all(&self, wanted: &Wanted) -> Result<Vec<ObjectHandle>, TokenError> {
        let find = || wanted.find_all(self.session()).map_err(self.failed());
        let found = find()?;
        if !found.is_empty() {
            return Ok(found);
        }
        // Another call may have repeated a lost login in between.
        self.expect_login()?;
        let found = find()?;
        if found.is_empty() {
            // Nothing is believed to be missing by somebody who was logged out again.
            self.expect_login()?;
        }
        Ok(found)
    }

    /// Who is logged out sees no private object, and is not told so.
    fn expect_login(&self) -> Result<(), TokenError> {
        let (_, info) = self.token.find(self.library)?;
        match !info.login_required() || is_logged_in(self.session()).map_err(self.failed())? {
            true => Ok(()),
            false => Err(self.failed()(Error::Pkcs11(
                RvError::UserNotLoggedIn,
                cryptoki::context::Function::FindObjects,
            ))),
        }
    }

    pub(super) fn has(&self, mechanism: cryptoki::mechanism::MechanismType) -> bool {
        let found = self.token.find(self.library);
        found.is_ok_and(|(slot, _)| self.library.get_mechanism_info(slot, mechanism).is_ok())
    }

    /// An error of the module as one of the token.
    pub(super) fn failed(&self) -> impl Fn(Error) -> TokenError + '_ {
        failed(&self.token.name)
    }
}

/// What this process has opened. A token that refused a PIN is remembered with it.
static TOKENS: Mutex<Opened> = Mutex::new(BTreeMap::new());

type Opened = BTreeMap<(TokenName, Option<PinSource>), Arc<Token>>;

/// How often something is tried, losses included.
const TRIES: usize = 3;
