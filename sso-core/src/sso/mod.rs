//! The library in one page: a sign-in from beginning to end, beside it a sign-out, and what both are
//! built with.

mod builder;
mod sign_out;

use std::sync::Arc;

pub use builder::SsoBuilder;

use crate::config::{ConfigSource, Service, SharedConfig};
use crate::cookie::{Cookies, SetCookie};
use crate::login::pending::{Found, Pending, PendingLogins};
use crate::login::{
    AcsPost, BeginLogin, FailedLogin, Handover, LoginError, LoginStart, SignedIn, accept, begin,
};
use crate::memory::{MemoryReplayLog, MemorySessionStore};
#[cfg(feature = "samael")]
use crate::saml::metadata::PublishError;
use crate::saml::{Assertion, Rejection, ReplayKey, ReplayLog, Sighting, Verified};
use crate::seal::SealingKeySource;
use crate::session::token::{self, Token};
use crate::session::{History, MAX_MARK_BYTES, NoHistory, Session, SessionStore};
use crate::user::{AccountKey, Profile, User, UserDirectory, UserSecret};
use crate::{Clock, StoreError, SystemClock, UnixTime};

/// Single sign-on for a service.
///
/// Cheap to clone; all clones are one. Every method works with one snapshot of the configuration
/// and may be called from many tasks at once. Nothing is kept between two calls but what the stores
/// hold, so any server of a domain finishes what another began.
///
/// Wherever a method takes `cookies`, it means the `Cookie` header of the request; the cookies
/// that it answers belong into `Set-Cookie` headers of the response.
#[derive(Clone, Debug)]
pub struct Sso {
    clock: Arc<dyn Clock>,
    config: Arc<dyn ConfigSource>,
    /// By which name the request came, if the host says so.
    host: Option<Arc<str>>,
    replay_log: Arc<dyn ReplayLog>,
    sealing: Arc<dyn SealingKeySource>,
    history: Arc<dyn History>,
    sessions: Arc<dyn SessionStore>,
    users: Arc<dyn UserDirectory>,
}

impl Sso {
    /// Starts building. What has no safe default is an argument; the rest are methods.
    #[must_use]
    pub fn builder(
        config: Arc<dyn ConfigSource>,
        sealing: impl SealingKeySource,
        users: Arc<dyn UserDirectory>,
    ) -> SsoBuilder {
        SsoBuilder(Self {
            clock: Arc::new(SystemClock),
            config,
            host: None,
            replay_log: Arc::new(MemoryReplayLog::default()),
            sealing: Arc::new(sealing),
            history: Arc::new(NoHistory),
            sessions: Arc::new(MemorySessionStore::default()),
            users,
        })
    }

    /// The same for a request that came to `authority`: `HOST` or `HOST:PORT` as its `Host` header
    /// has it. It matters while the service has several names, see
    /// [`SharedConfig::service_at`]; without it, and with a name that is none of ours, it is the
    /// newest name that answers.
    #[must_use]
    pub fn at(&self, authority: &str) -> Self {
        Self {
            host: Some(authority.into()),
            ..self.clone()
        }
    }

    /// Begins a sign-in: what to answer a browser that came to the login address.
    ///
    /// # Errors
    ///
    /// A [`LoginError`]; [`LoginError::Choose`] is answered by a page with the providers.
    pub async fn begin_login(
        &self,
        login: &LoginStart,
        cookies: Option<&str>,
    ) -> Result<BeginLogin, LoginError> {
        let (config, now) = (self.config.current(), self.clock.now());
        begin::check_wishes(login)?;
        let provider = begin::choose_provider(&config, login.idp.as_ref())?;
        let service = self.service(&config);
        let (endpoint, request) = begin::request(service, provider, login, now)?;
        let pending = Pending {
            token: Pending::new_token(login.attempt),
            base_url: service.base_url().into(),
            request: request.pending(provider),
            destination: begin::destination(&config, service, login.dest.as_deref()).to_string(),
            handover: Handover {
                key: login.key.clone(),
                embedded: login.embedded,
            },
            attempt: login.attempt,
        };
        let kept = pending.issue(&self.sealing.current());
        let mut to_set = self.pending_logins(&config, cookies, now).make_room();
        to_set.push(kept.ok_or(LoginError::TooLong)?);
        let step = begin::send(&config, provider, endpoint, &request, &pending.token).await?;
        Ok(BeginLogin {
            step,
            cookies: to_set,
        })
    }

    /// Finishes a sign-in: what to answer the form that the identity provider made the browser
    /// post to the assertion consumer service.
    ///
    /// On success the browser gets a new session, whatever it had before: answer
    /// `303 See Other`.
    ///
    /// # Errors
    ///
    /// [`FailedLogin`] with the reason. Nothing that the response says was stored then.
    pub async fn finish_login(
        &self,
        post: &AcsPost<'_>,
        cookies: Option<&str>,
    ) -> Result<SignedIn, FailedLogin> {
        let (config, now) = (self.config.current(), self.clock.now());
        let found = self
            .pending_logins(&config, cookies, now)
            .find(post.relay_state);
        let service = self.service_of(&config, &found);
        let signed_in = self.sign_in(&config, service, post, &found, cookies, now);
        match signed_in.await {
            Ok(accepted) => Ok(SignedIn::new(
                &config,
                service,
                accepted,
                found,
                post.relay_state,
            )),
            Err(rejection) => Err(FailedLogin::new(rejection, &found, post.relay_state)),
        }
    }

    /// Who is signed in.
    ///
    /// `None` without a session, and once it has ended, was revoked, belongs to a user who is gone
    /// or to an identity provider that was removed or disabled.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if a store cannot tell: let nobody in then.
    pub async fn session(
        &self,
        cookies: Option<&str>,
    ) -> Result<Option<(Session, User)>, StoreError> {
        self.present(Token::Session, cookies).await
    }

    /// The secret of the user whose session this is; `None` if the user is gone.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the directory cannot tell.
    pub async fn secret(&self, session: &Session) -> Result<Option<UserSecret>, StoreError> {
        self.users.secret(&session.user).await
    }

    /// What we tell identity providers about ourselves, as XML.
    ///
    /// # Errors
    ///
    /// A [`PublishError`]; no configuration is known that leads there.
    #[cfg(feature = "samael")]
    pub fn metadata(&self) -> Result<String, PublishError> {
        let config = self.config.current();
        config.metadata_at(self.service(&config)).to_xml()
    }

    /// The same, signed; `None` if we have no key to sign with.
    ///
    /// # Errors
    ///
    /// [`PublishError::Sign`] if the key is out of reach.
    #[cfg(feature = "samael")]
    pub async fn signed_metadata(&self) -> Result<Option<String>, PublishError> {
        let config = self.config.current();
        match config.keys().signer() {
            Some(signer) => {
                let metadata = config.metadata_at(self.service(&config));
                metadata.sign(signer.as_ref()).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// The line of a sign-in: nothing is stored before everything is checked, and the replay log
    /// is asked last, so that no assertion is used up by an attempt that is refused.
    async fn sign_in(
        &self,
        config: &SharedConfig,
        service: &Service,
        post: &AcsPost<'_>,
        found: &Found,
        cookies: Option<&str>,
        now: UnixTime,
    ) -> Result<(User, Session, Vec<SetCookie>), Rejection> {
        let assertion = accept::verify(config, service, post, found, now)?;
        let provider = accept::provider_of(config, &assertion)?;
        let account = &assertion.account;
        let profile = provider.attributes().profile(&assertion.attributes);
        let known = self.users.find(account).await?;
        accept::check_may_sign_in(provider, known.as_ref())?;
        self.check_switch(found, cookies, known.as_ref()).await?;
        self.check_first_use(&assertion, now).await?;
        let user = self.renew(known, account, profile).await?;
        let mut session = accept::start_session(config, &user, &assertion, now);
        session.mark = self.mark();
        let cookies = self.issue(config, service, &session, now)?;
        Ok((user, session, cookies))
    }

    fn mark(&self) -> Option<String> {
        let mark = self.history.mark();
        mark.filter(|mark| mark.len() <= MAX_MARK_BYTES)
    }

    /// Who is signed in, as one of the two cookies tells.
    async fn present(
        &self,
        token: Token,
        cookies: Option<&str>,
    ) -> Result<Option<(Session, User)>, StoreError> {
        let config = self.config.current();
        let Some((session, _)) = self.read_session(token, &config, cookies) else {
            return Ok(None);
        };
        if let Some(mark) = &session.mark {
            self.history.saw(mark);
        }
        if !accept::is_trusted(&config, &session) || self.sessions.is_revoked(&session).await? {
            return Ok(None);
        }
        let user = self.users.by_id(&session.user).await?;
        Ok(user.map(|user| (session, user)))
    }

    /// Nobody is signed out by a response that nobody asked for: it may come from somebody who
    /// wants the browser to work in their own name (login CSRF).
    async fn check_switch(
        &self,
        found: &Found,
        cookies: Option<&str>,
        coming: Option<&User>,
    ) -> Result<(), Rejection> {
        if found.request().is_some() {
            return Ok(());
        }
        match self.present(Token::Witness, cookies).await? {
            Some((_, user)) if Some(&user) != coming => Err(Rejection::UnsolicitedForAnother),
            Some(_) | None => Ok(()),
        }
    }

    /// The cookies of a new session; with the witness only where it is asked for.
    fn issue(
        &self,
        config: &SharedConfig,
        service: &Service,
        session: &Session,
        now: UnixTime,
    ) -> Result<Vec<SetCookie>, Rejection> {
        let service = service.base_url();
        let keys = self.sealing.current();
        let unmarked = Session {
            mark: None,
            ..session.clone()
        };
        let issue = |token| {
            // A sign-in counts for more than a mark that has no room.
            let whole = token::issue(token, session, &keys, service, now);
            let cookie = whole.or_else(|| token::issue(token, &unmarked, &keys, service, now));
            cookie.ok_or(Rejection::SessionTooLong)
        };
        let mut cookies = vec![issue(Token::Session)?];
        if accept::has_unsolicited(config) {
            cookies.extend(issue(Token::Witness).ok());
        }
        Ok(cookies)
    }

    async fn check_first_use(
        &self,
        assertion: &Verified<Assertion>,
        now: UnixTime,
    ) -> Result<(), Rejection> {
        let key = ReplayKey::new(&assertion.issuer, &assertion.id);
        match self
            .replay_log
            .record(&key, now, assertion.usable_until)
            .await?
        {
            Sighting::First => Ok(()),
            Sighting::Repeat => Err(Rejection::Replayed {
                id: assertion.id.clone(),
            }),
        }
    }

    /// The user with what the provider says today; a new one if there was none.
    async fn renew(
        &self,
        known: Option<User>,
        account: &AccountKey,
        profile: Profile,
    ) -> Result<User, StoreError> {
        let user = match known {
            Some(user) => user,
            None => self.users.create(account, &profile).await?.into_user(),
        };
        if user.profile == profile {
            return Ok(user);
        }
        self.users.update(&user.id, &profile).await?;
        Ok(User { profile, ..user })
    }

    fn pending_logins(
        &self,
        config: &SharedConfig,
        cookies: Option<&str>,
        now: UnixTime,
    ) -> PendingLogins {
        let keys = self.sealing.current();
        PendingLogins::read(Cookies::new(cookies), &keys, &config.base_urls(), now)
    }

    /// The session, and the base URL of the name at which it began.
    fn read_session<'c>(
        &self,
        token: Token,
        config: &'c SharedConfig,
        cookies: Option<&str>,
    ) -> Option<(Session, &'c str)> {
        let (cookies, now) = (Cookies::new(cookies), self.clock.now());
        let keys = self.sealing.current();
        token::read(token, cookies, &keys, &config.base_urls(), now)
    }

    /// This service under the name by which the request came.
    fn service<'c>(&self, config: &'c SharedConfig) -> &'c Service {
        match &self.host {
            Some(authority) => config.service_at(authority),
            None => config.service(),
        }
    }

    /// This service under the name at which a sign-in was begun: an answer is one for that name
    /// only, whatever the request says.
    fn service_of<'c>(&self, config: &'c SharedConfig, found: &Found) -> &'c Service {
        let begun_at = match found {
            Found::Waiting(pending) => config.service_with_base(&pending.base_url),
            Found::Expired { .. } | Found::NoCookie | Found::Other => None,
        };
        begun_at.unwrap_or_else(|| self.service(config))
    }
}
