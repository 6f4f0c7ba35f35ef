//! A hub with its records in memory, and people who talk to it through bytes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use sso_core::UnixTime;
use sso_sync::admin::client::{
    ClientSession, Outcome, Proven, RegisterError, Registration, SecondFactorAnswer, Seen,
    SessionError, SignIn, SignInError, SignedIn,
};
use sso_sync::admin::hub::{
    Account, Changes, Decided, Hub, HubKeys, RegisterRecords, SecondFactorRecords, Session, Tries,
    Visit,
};
use sso_sync::admin::second_factor::{BackupCodes, SecondFactorCode, TotpSecret};
use sso_sync::admin::wire::{self, Message};
use sso_sync::admin::{
    AdministratorKeys, AdministratorName, Answer, Credentials, DomainName, Invitation,
    InvitationRecord, Password, RecoveryCode, RegisterBegin, RegisterFinish, Right,
    SecondFactorRequest, SessionId, SignInBegin, SignInFinish, Stretching, StretchingBounds,
    SystemRandomness,
};
use sso_sync::store::DomainId;
use zeroize::Zeroizing;

pub(crate) const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const GENESIS: DomainId = DomainId::new([4; 32]);
pub(crate) const BOUNDS: StretchingBounds = StretchingBounds::DANGEROUSLY_LOW;

/// A hub, its records, and the time.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) accounts: HashMap<String, Account>,
    pub(crate) sessions: HashMap<SessionId, Session>,
    pub(crate) invitations: Vec<InvitationRecord>,
    tries: HashMap<String, Tries>,
    pub(crate) now: UnixTime,
    pub(crate) address: IpAddr,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            hub: Hub::new(HubKeys::random(&mut SystemRandomness).unwrap()),
            accounts: HashMap::new(),
            sessions: HashMap::new(),
            invitations: Vec::new(),
            tries: HashMap::new(),
            now: NOON,
            address: "192.0.2.1".parse().unwrap(),
        }
    }

    /// A world in which alice is an administrator.
    pub(crate) fn with_alice() -> Self {
        let mut world = Self::new();
        world.register("alice", PASSWORD);
        world
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now.later(Duration::from_secs(seconds));
    }

    pub(crate) fn visit(&self) -> Visit {
        Visit::new(self.address, self.now)
    }

    // What the hub does.

    pub(crate) fn begin(&mut self, bytes: &[u8]) -> Vec<u8> {
        let message: SignInBegin = wire::decode(bytes).unwrap();
        let (account, tries) = self.records(&message.domain, &message.administrator);
        let decided = self.hub.begin_sign_in(
            &message,
            &self.visit(),
            account.as_ref(),
            &tries,
            &mut SystemRandomness,
        );
        self.store(&message.domain, &message.administrator, decided)
    }

    pub(crate) fn finish(&mut self, bytes: &[u8]) -> Vec<u8> {
        let message: SignInFinish = wire::decode(bytes).unwrap();
        let Some(attempt) = self.hub.attempt(&message, self.now) else {
            return wire::encode(&Answer::Refused);
        };
        let (domain, name) = (attempt.domain().clone(), attempt.administrator().clone());
        let (account, tries) = self.records(&domain, &name);
        let decided = self.hub.finish_sign_in(
            &message,
            &attempt,
            &self.visit(),
            account.as_ref(),
            &tries,
            &mut SystemRandomness,
        );
        self.store(&domain, &name, decided)
    }

    pub(crate) fn begin_registration(&mut self, bytes: &[u8]) -> Vec<u8> {
        let message: RegisterBegin = wire::decode(bytes).unwrap();
        let (account, _) = self.records(&message.domain, &message.administrator);
        let records = RegisterRecords {
            account: account.as_ref(),
            ..self.right(&message.right)
        };
        let decided =
            self.hub
                .begin_registration(&message, &self.visit(), &records, &mut SystemRandomness);
        self.store(&message.domain, &message.administrator, decided)
    }

    pub(crate) fn finish_registration(&mut self, bytes: &[u8]) -> Vec<u8> {
        let message: RegisterFinish = wire::decode(bytes).unwrap();
        let Some(ticket) = self.hub.ticket(&message, self.now) else {
            return wire::encode(&Answer::Refused);
        };
        let (account, _) = self.records(ticket.domain(), ticket.administrator());
        let records = RegisterRecords {
            account: account.as_ref(),
            ..self.right(message.right())
        };
        let decided =
            self.hub
                .finish_registration(&message, &ticket, &self.visit(), &records, BOUNDS);
        self.store(ticket.domain(), ticket.administrator(), decided)
    }

    pub(crate) fn change_second_factor(&mut self, bytes: &[u8]) -> Vec<u8> {
        let message: SecondFactorRequest = wire::decode(bytes).unwrap();
        let session = self.sessions.get(message.proof.session()).cloned();
        let (domain, name) = match &session {
            Some(session) => (session.domain().clone(), session.administrator().clone()),
            None => (domain(), name("nobody")),
        };
        let (account, tries) = self.records(&domain, &name);
        let records = SecondFactorRecords {
            account: account.as_ref(),
            session: session.as_ref(),
            tries: &tries,
        };
        let decided =
            self.hub
                .change_second_factor(&message, &self.visit(), &records, &mut SystemRandomness);
        self.store(&domain, &name, decided)
    }

    fn records(&self, domain: &DomainName, name: &AdministratorName) -> (Option<Account>, Tries) {
        let account = self
            .accounts
            .get(&Hub::account_key(domain, name))
            .map(again);
        let tries = |key: &str| self.tries.get(key).cloned().unwrap_or_default();
        let tries = Tries {
            account: tries(&Hub::tries_key(domain, name)).account,
            source: tries(&self.hub.source_key(&self.visit())).source,
        };
        (account, tries)
    }

    fn right(&self, right: &Right) -> RegisterRecords<'_> {
        match right {
            Right::Invitation { id, .. } => RegisterRecords {
                invitation: self.invitations.iter().find(|it| it.key.id() == *id),
                ..RegisterRecords::default()
            },
            Right::Session { proof } => RegisterRecords {
                session: self.sessions.get(proof.session()),
                ..RegisterRecords::default()
            },
            _ => RegisterRecords::default(),
        }
    }

    fn store(
        &mut self,
        domain: &DomainName,
        name: &AdministratorName,
        decided: Decided,
    ) -> Vec<u8> {
        let decision = decided.unwrap();
        let Changes {
            account,
            session,
            tries,
            ..
        } = decision.changes;
        if let Some(account) = account {
            self.accounts
                .insert(Hub::account_key(domain, name), account);
        }
        if let Some((id, session)) = session {
            if self.sessions.contains_key(&id) {
                return wire::encode(&Answer::Refused);
            }
            self.sessions.insert(id, again(&session));
        }
        if let Some(tries) = tries {
            let source = self.hub.source_key(&self.visit());
            self.tries
                .insert(Hub::tries_key(domain, name), tries.clone());
            self.tries.insert(source, tries);
        }
        wire::encode(&decision.answer)
    }

    // What people do.

    pub(crate) fn invite(&mut self, who: &str) -> Invitation {
        let expires = self.now.later(Invitation::LIFE);
        let invitation = Invitation::new(
            domain(),
            name(who),
            Some(GENESIS),
            expires,
            &mut SystemRandomness,
        );
        self.invitations.push(again(&invitation.record().unwrap()));
        Invitation::parse(&invitation.to_text()).unwrap()
    }

    pub(crate) fn register(&mut self, who: &str, password: &str) -> (Credentials, RecoveryCode) {
        let invitation = self.invite(who);
        self.accept(&invitation, password).unwrap()
    }

    pub(crate) fn accept(
        &mut self,
        invitation: &Invitation,
        password: &str,
    ) -> Result<(Credentials, RecoveryCode), RegisterError> {
        let credentials = credentials();
        let begun = Registration::by_invitation(
            invitation,
            &credentials,
            new_password(password),
            &mut SystemRandomness,
        );
        let (credentials, code) = self.go_on(begun.unwrap())?;
        Ok((credentials, code.unwrap()))
    }

    pub(crate) fn recover(
        &mut self,
        who: &str,
        code: &RecoveryCode,
        password: &str,
    ) -> Result<(Credentials, RecoveryCode), RegisterError> {
        let (domain, name) = (domain(), name(who));
        let begun = Registration::by_recovery(
            &domain,
            &name,
            code,
            new_password(password),
            &mut SystemRandomness,
        );
        let (credentials, code) = self.go_on(begun.unwrap())?;
        Ok((credentials, code.unwrap()))
    }

    pub(crate) fn change_password(
        &mut self,
        who: &str,
        signed_in: &SignedIn,
        password: &str,
    ) -> Result<Credentials, RegisterError> {
        let (domain, name) = (domain(), name(who));
        let begun = Registration::by_session(
            (&domain, &name),
            &signed_in.session,
            &signed_in.credentials,
            new_password(password),
            self.now,
            &mut SystemRandomness,
        );
        let (credentials, code) = self.go_on(begun.unwrap())?;
        assert_eq!(code, None, "a changed password keeps its recovery code");
        Ok(credentials)
    }

    fn go_on(
        &mut self,
        (waiting, message): (Registration<'_>, RegisterBegin),
    ) -> Result<(Credentials, Option<RecoveryCode>), RegisterError> {
        let answer = read(&self.begin_registration(&wire::encode(&message)));
        let (done, message) = waiting.seal(&answer, weakly(), &mut SystemRandomness)?;
        done.take(&read(&self.finish_registration(&wire::encode(&message))))
    }

    pub(crate) fn prove(&mut self, who: &str, password: &str) -> Result<Proven, SignInError> {
        let (waiting, message) = begin(who, password);
        let answer = read(&self.begin(&wire::encode(&message)));
        waiting.prove(&answer, &mut SystemRandomness)
    }

    pub(crate) fn sign_in(&mut self, who: &str, password: &str) -> Result<SignedIn, SignInError> {
        match self.sign_in_with(who, password, None)? {
            Outcome::SignedIn(signed_in) => Ok(*signed_in),
            Outcome::SecondFactorNeeded => panic!("no second factor was expected"),
        }
    }

    pub(crate) fn sign_in_with(
        &mut self,
        who: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<Outcome, SignInError> {
        let proven = self.prove(who, password)?;
        self.tell(&proven, code, None)
    }

    pub(crate) fn tell(
        &mut self,
        proven: &Proven,
        code: Option<&str>,
        seen: Option<&Seen>,
    ) -> Result<Outcome, SignInError> {
        let code = code.map(|code| SecondFactorCode::parse(code).unwrap());
        let answer = read(&self.finish(&wire::encode(&proven.finish(code))));
        proven.take(&answer, seen, self.now)
    }

    pub(crate) fn change(
        &mut self,
        session: &ClientSession,
        request: &SecondFactorRequest,
    ) -> Result<SecondFactorAnswer, SessionError> {
        session.take(&read(&self.change_second_factor(&wire::encode(request))))
    }

    /// Gives somebody who has just signed in a second factor.
    pub(crate) fn activate(&mut self, session: &ClientSession) -> (TotpSecret, BackupCodes) {
        let request = session.propose_second_factor(None, self.now);
        let secret = match self.change(session, &request) {
            Ok(SecondFactorAnswer::Proposed(secret)) => secret,
            other => panic!("not proposed: {other:?}"),
        };
        let code = SecondFactorCode::parse(&secret.code_at(self.now)).unwrap();
        let request = session.confirm_second_factor(code, self.now);
        match self.change(session, &request) {
            Ok(SecondFactorAnswer::Active(codes)) => (secret, codes),
            other => panic!("not active: {other:?}"),
        }
    }
}

pub(crate) fn begin(who: &str, password: &str) -> (SignIn, SignInBegin) {
    let password = Password::to_sign_in(Zeroizing::new(password.into())).unwrap();
    SignIn::begin(domain(), name(who), password, BOUNDS, &mut SystemRandomness).unwrap()
}

pub(crate) fn read(bytes: &[u8]) -> Answer {
    wire::decode(bytes).unwrap()
}

/// The value after it was stored and read again.
fn again<M: Message>(value: &M) -> M {
    wire::decode(&wire::encode(value)).unwrap()
}

pub(crate) fn weakly() -> (Stretching, StretchingBounds) {
    (Stretching::DANGEROUSLY_WEAK, BOUNDS)
}

pub(crate) fn credentials() -> Credentials {
    Credentials {
        keys: AdministratorKeys::random(&mut SystemRandomness),
        genesis: GENESIS,
    }
}

pub(crate) fn new_password(text: &str) -> Password {
    Password::to_register(Zeroizing::new(text.into())).unwrap()
}

pub(crate) fn domain() -> DomainName {
    DomainName::parse("example").unwrap()
}

pub(crate) fn name(who: &str) -> AdministratorName {
    AdministratorName::parse(&format!("{who}@example.com")).unwrap()
}
