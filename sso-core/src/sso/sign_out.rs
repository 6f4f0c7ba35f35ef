//! A sign-out from beginning to end, whoever begins it.

use super::Sso;
use crate::UnixTime;
use crate::config::{LONGEST_SESSION, Service, SharedConfig};
use crate::cookie::Cookies;
use crate::logout::{self, LogoutError, LogoutMessage, LogoutStep, pending};
use crate::saml::Verified;
use crate::saml::logout::{LogoutStatus, Received, ReceivedRequest, RefusedLogout};
use crate::session::Revocation;
use crate::session::token::{self, Token};

impl Sso {
    /// Ends the browser's session here, and then at its identity provider, if that takes part in
    /// single logout. Without a session there is nothing to do.
    ///
    /// # Errors
    ///
    /// A [`LogoutError`]; after [`LogoutError::Store`] the session may go on.
    pub async fn begin_logout(&self, cookies: Option<&str>) -> Result<LogoutStep, LogoutError> {
        let (config, now) = (self.config.current(), self.clock.now());
        // Nor a cookie to clear: a foreign page brings the witness without the session, and must not
        // make the browser forget who is signed in.
        let Some((session, base_url)) = self.read_session(Token::Session, &config, cookies) else {
            return Ok(LogoutStep::done());
        };
        let service = config.service_with_base(base_url);
        let service = service.unwrap_or_else(|| config.service());
        let mut answer = LogoutStep::done();
        answer
            .cookies
            .extend([Token::Session, Token::Witness].map(token::clear));
        let own = Revocation::Session(session.id.clone());
        // The server that began the session may have a clock that is ahead of ours.
        let ended = now.max(session.started);
        self.sessions.revoke(&own, ended, session.expires).await?;
        if let Some((step, waiting)) = logout::request(&config, service, &session, now).await? {
            answer.step = Some(step);
            answer
                .cookies
                .push(pending::issue(&waiting, &self.sealing.current(), base_url));
        }
        Ok(answer)
    }

    /// Takes in a message of single logout that a browser brought to our address for it.
    ///
    /// A provider's request ends the sessions that it names and is answered, whether there were
    /// any or not. A provider's answer changes nothing: our session had ended before, so one
    /// that is not believed is only told to the log.
    ///
    /// # Errors
    ///
    /// A [`LogoutError`]; no session has ended then, except with [`LogoutError::Signing`].
    pub async fn receive_logout(
        &self,
        message: &LogoutMessage<'_>,
        cookies: Option<&str>,
    ) -> Result<LogoutStep, LogoutError> {
        let (config, now) = (self.config.current(), self.clock.now());
        let service = self.service(&config);
        let keys = self.sealing.current();
        let waiting = pending::read(Cookies::new(cookies), &keys, &config.base_urls());
        match logout::verify(&config, service, message, waiting.as_ref(), now) {
            Ok(Received::Request(request)) => {
                self.end_sessions(&config, service, &request, now).await
            }
            Ok(Received::Response(response)) => Ok(LogoutStep {
                cookies: vec![pending::clear()],
                outcome: Some(response.outcome.clone()),
                ..LogoutStep::done()
            }),
            Err(refused) if self.began_elsewhere(&config, &refused, cookies) => {
                Ok(LogoutStep::passed_over(refused))
            }
            Err(refused) => logout::refuse(&config, service, refused, waiting, now).await,
        }
    }

    /// Whether an answer may belong to a sign-out that this browser began at another of our names,
    /// whose cookies it does not bring here: a provider answers at the one address that it knows. The
    /// provider signed it, and nobody is signed in at this name who would be told a lie.
    fn began_elsewhere(
        &self,
        config: &SharedConfig,
        refused: &RefusedLogout,
        cookies: Option<&str>,
    ) -> bool {
        let has_other_names = config.services().count() > 1;
        let has = |token| self.read_session(token, config, cookies).is_some();
        // A form of another site brings the witness only.
        let is_signed_in = has(Token::Session) || has(Token::Witness);
        has_other_names && refused.is_not_asked() && !is_signed_in
    }

    async fn end_sessions(
        &self,
        config: &SharedConfig,
        service: &Service,
        request: &Verified<ReceivedRequest>,
        now: UnixTime,
    ) -> Result<LogoutStep, LogoutError> {
        let until = now.later(LONGEST_SESSION);
        for revocation in request.revocations() {
            let began_before = request.ends_sessions_until;
            self.sessions
                .revoke(&revocation, began_before, until)
                .await?;
        }
        let step = logout::answer(
            config,
            service,
            &request.answer_to,
            LogoutStatus::Success,
            now,
        )
        .await?;
        Ok(LogoutStep {
            step,
            ..LogoutStep::done()
        })
    }
}
