//! The test vectors of the chapter on administrators.
//!
//! `UPDATE_VECTORS=1` writes them anew.

use std::path::PathBuf;

use serde_json::{Value, json};
use sso_core::UnixTime;
use sso_sync::admin::client::{
    Outcome, Proven, Registration, SecondFactorAnswer, SignIn, SignedIn,
};
use sso_sync::admin::hub::{
    Account, Hub, HubKeys, RegisterRecords, SecondFactorRecords, Session, Tries, Visit,
};
use sso_sync::admin::second_factor::{SecondFactorCode, TotpSecret};
use sso_sync::admin::wire::{self, Message};
use sso_sync::admin::{
    AdministratorKeys, Answer, Credentials, DangerouslyPredictableRandomness, EnrolmentToken,
    Invitation, InvitationRecord, Password, SecondFactorRequest, Stretching, StretchingBounds,
};
use sso_sync::store::DomainId;

use crate::world::{NOON, PASSWORD, domain, name, new_password};

#[test]
fn what_is_computed_is_what_the_vectors_say() {
    let computed = Script::new().run();
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&computed).unwrap();
        std::fs::write(file(), text + "\n").unwrap();
    }
    let stored: Value = serde_json::from_slice(&std::fs::read(file()).unwrap()).unwrap();
    for (part, computed) in computed.as_object().unwrap() {
        assert_eq!(stored.get(part), Some(computed), "{part}");
    }
}

/// Alice is invited, registers, signs in, and gets a second factor; every byte is noted.
struct Script {
    randomness: DangerouslyPredictableRandomness,
    hub: Hub,
    visit: Visit,
    noted: serde_json::Map<String, Value>,
}

impl Script {
    fn new() -> Self {
        let mut randomness = DangerouslyPredictableRandomness::new(SEED);
        let keys = HubKeys::random(&mut randomness).unwrap();
        let mut noted = serde_json::Map::new();
        noted.insert("seed".into(), SEED.into());
        noted.insert("hub keys".into(), hex(&keys.to_bytes().unwrap()).into());
        Self {
            randomness,
            hub: Hub::new(keys),
            visit: Visit::new("192.0.2.1".parse().unwrap(), NOON),
            noted,
        }
    }

    fn run(mut self) -> Value {
        let invitation = self.invitation();
        let account = self.registration(&invitation);
        let (signed_in, session) = self.sign_in(&account);
        self.second_factor(&signed_in, &account, &session);
        self.token();
        Value::Object(self.noted)
    }

    fn invitation(&mut self) -> Invitation {
        let invitation = Invitation::new(
            domain(),
            name("alice"),
            Some(GENESIS),
            NOON.later(Invitation::LIFE),
            &mut self.randomness,
        );
        let record = invitation.record().unwrap();
        self.note(
            "invitation",
            &json!({
                "text": *invitation.to_text(),
                "id": record.key.id().to_string(),
                "record": hex(&wire::encode(&record)),
            }),
        );
        invitation
    }

    fn registration(&mut self, invitation: &Invitation) -> Account {
        let credentials = self.credentials();
        let record = invitation.record().unwrap();
        let (waiting, begin) = Registration::by_invitation(
            invitation,
            &credentials,
            new_password(PASSWORD),
            &mut self.randomness,
        )
        .unwrap();
        self.message("registration begins", &begin);
        let records = with(&record);
        let decision =
            self.hub
                .begin_registration(&begin, &self.visit, &records, &mut self.randomness);
        let open = decision.unwrap().answer;
        self.message("registration open", &open);
        let weakly = (
            Stretching::DANGEROUSLY_WEAK,
            StretchingBounds::DANGEROUSLY_LOW,
        );
        let (done, finish) = waiting.seal(&open, weakly, &mut self.randomness).unwrap();
        self.message("registration ends", &finish);
        let ticket = self.hub.ticket(&finish, NOON).unwrap();
        let decision =
            self.hub
                .finish_registration(&finish, &ticket, &self.visit, &records, weakly.1);
        let decision = decision.unwrap();
        self.message("registered", &decision.answer);
        let (_, code) = done.take(&decision.answer).unwrap();
        self.note("recovery code", &json!(*code.unwrap().to_text()));
        let account = decision.changes.account.unwrap();
        self.message("account", &account);
        account
    }

    fn credentials(&mut self) -> Credentials {
        let keys = AdministratorKeys::random(&mut self.randomness);
        let (signing, unsealing) = keys.expose();
        let public = keys.public().unwrap();
        self.note(
            "keys",
            &json!({
                "signing seed": hex(signing),
                "unsealing key": hex(unsealing),
                "signing public": hex(&public.signing),
                "sealing public": hex(&public.sealing),
            }),
        );
        Credentials {
            keys,
            genesis: GENESIS,
        }
    }

    fn sign_in(&mut self, account: &Account) -> (SignedIn, Session) {
        let (waiting, begin) = SignIn::begin(
            domain(),
            name("alice"),
            Password::to_sign_in(String::from(PASSWORD).into()).unwrap(),
            StretchingBounds::DANGEROUSLY_LOW,
            &mut self.randomness,
        )
        .unwrap();
        self.message("sign-in begins", &begin);
        let tries = Tries::default();
        let decision = self.hub.begin_sign_in(
            &begin,
            &self.visit,
            Some(account),
            &tries,
            &mut self.randomness,
        );
        let challenge = decision.unwrap().answer;
        self.message("challenge", &challenge);
        let proven = waiting.prove(&challenge, &mut self.randomness).unwrap();
        self.finish(&proven, account, &tries)
    }

    fn finish(&mut self, proven: &Proven, account: &Account, tries: &Tries) -> (SignedIn, Session) {
        let finish = proven.finish(None);
        self.message("sign-in ends", &finish);
        let attempt = self.hub.attempt(&finish, NOON).unwrap();
        let decision = self.hub.finish_sign_in(
            &finish,
            &attempt,
            &self.visit,
            Some(account),
            tries,
            &mut self.randomness,
        );
        let decision = decision.unwrap();
        self.message("granted", &decision.answer);
        let (id, session) = decision.changes.session.unwrap();
        self.note("session id", &json!(id.to_string()));
        self.message("session", &session);
        match proven.take(&decision.answer, None, NOON).unwrap() {
            Outcome::SignedIn(signed_in) => (*signed_in, session),
            Outcome::SecondFactorNeeded => panic!("there is no second factor"),
        }
    }

    fn second_factor(&mut self, signed_in: &SignedIn, account: &Account, session: &Session) {
        let request = signed_in.session.propose_second_factor(None, NOON);
        let (answer, account) = self.change("propose", &request, account, session);
        let secret = match signed_in.session.take(&answer).unwrap() {
            SecondFactorAnswer::Proposed(secret) => secret,
            other => panic!("not proposed: {other:?}"),
        };
        self.codes(&secret);
        let code = SecondFactorCode::parse(&secret.code_at(NOON)).unwrap();
        let request = signed_in.session.confirm_second_factor(code, NOON);
        let (answer, _) = self.change("confirm", &request, &account, session);
        let codes = match signed_in.session.take(&answer).unwrap() {
            SecondFactorAnswer::Active(codes) => codes,
            other => panic!("not active: {other:?}"),
        };
        let codes: Vec<_> = codes.to_texts().map(|code| code.to_string()).collect();
        self.note("backup codes", &json!(codes));
    }

    fn change(
        &mut self,
        what: &str,
        request: &SecondFactorRequest,
        account: &Account,
        session: &Session,
    ) -> (Answer, Account) {
        self.message(&format!("second factor changes: {what}"), request);
        let records = SecondFactorRecords {
            account: Some(account),
            session: Some(session),
            tries: &Tries::default(),
        };
        let decision =
            self.hub
                .change_second_factor(request, &self.visit, &records, &mut self.randomness);
        let decision = decision.unwrap();
        self.message(&format!("sealed: {what}"), &decision.answer);
        (decision.answer, decision.changes.account.unwrap())
    }

    fn codes(&mut self, secret: &TotpSecret) {
        self.note("second factor", &json!({
            "secret": *secret.to_text(),
            "uri": *secret.to_uri(&domain(), &name("alice")),
            "code at noon": secret.code_at(NOON),
            "code half a minute later": secret.code_at(UnixTime::from_secs(NOON.as_secs() + 30)),
        }));
    }

    fn token(&mut self) {
        let token = EnrolmentToken::new(&GENESIS, &mut self.randomness);
        self.note(
            "enrolment token",
            &json!({
                "text": *token.to_text(),
                "secret": hex(token.expose_secret()),
            }),
        );
    }

    fn message<M: Message>(&mut self, what: &str, message: &M) {
        let bytes = wire::encode(message);
        self.note(what, &json!(hex(&bytes)));
    }

    fn note(&mut self, what: &str, value: &Value) {
        let before = self.noted.insert(what.into(), value.clone());
        assert_eq!(before, None, "{what} is noted twice");
    }
}

fn with(invitation: &InvitationRecord) -> RegisterRecords<'_> {
    RegisterRecords {
        invitation: Some(invitation),
        ..RegisterRecords::default()
    }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors/administrators.json")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const SEED: u64 = 1;
const GENESIS: DomainId = DomainId::new([4; 32]);
