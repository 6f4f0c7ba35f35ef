//! The first administrator of a domain, from the text that the operator handed over to a domain
//! with a server.

use sso_core::{Clock as _, SystemClock};
use sso_sync::Digest;
use sso_sync::admin::client::{Outcome, Registration, SignIn};
use sso_sync::admin::{
    AdministratorKeys, Answer as DeskAnswer, Credentials, Founding, Invitation, Password,
    Stretching, StretchingBounds, SystemRandomness, wire,
};
use sso_sync::chain::{Action, Chain, FeedMark, Occasion, Policy, genesis};
use sso_sync::feed::HubHead;
use sso_sync::seal::{DomainKey, MemberId, MemberKeys, Wrap};
use sso_sync::store::{DomainId, Seq};
use sso_sync::wire::SessionId;
use zeroize::Zeroizing;

use crate::client::{Answer, Client, Member};
use crate::hub::TestHub;

/// A domain as its administrator knows it.
pub(crate) struct Founder {
    pub(crate) founding: Founding,
    pub(crate) chain: Chain,
    pub(crate) genesis: Vec<u8>,
    key: DomainKey,
}

impl Founder {
    /// The operator invites, and everything follows: the domain has one server, with the keys 1.
    pub(crate) async fn of_domain(hub: &TestHub, name: &str) -> Self {
        let mut founder = Self::invited(hub, name);
        let client = hub.client();
        let answer = founder.post_genesis(&client).await;
        assert_eq!(answer.read::<HubHead>().statements, 1);
        assert!(
            founder
                .register(&client, founder.founding.invitation())
                .await
        );
        let mut administrator = founder.sign_in(&client).await;
        let added = founder.node_added(1);
        let answer = administrator.post("chain?position=1", &added).await;
        assert_eq!(answer.read::<HubHead>().statements, 2);
        founder.chain.append(&added).unwrap();
        founder
    }

    /// The operator invites.
    pub(crate) fn invited(hub: &TestHub, name: &str) -> Self {
        let create = ["domain", "create", name, "--administrator", "a@example.com"];
        let printed = hub.operate_well(&create);
        let founding = Founding::parse(printed.lines().next().unwrap()).unwrap();
        let key = DomainKey::from_bytes([1; 32]);
        let policy = Policy::pinned(1, "1.0.0");
        let genesis = genesis(name, "a@example.com", &keys(ADMINISTRATOR), &key, policy, 0);
        let genesis = genesis.unwrap();
        Self {
            chain: Chain::begin(&genesis).unwrap(),
            founding,
            genesis,
            key,
        }
    }

    pub(crate) fn id(&self) -> DomainId {
        self.chain.domain()
    }

    pub(crate) async fn post_genesis(&self, client: &Client) -> Answer {
        let url = client.url(&format!("domains/{}/chain?position=0", self.id()));
        let code = self.founding.code().text();
        let request = client.http.post(url).body(self.genesis.clone());
        Answer::of(request.header("authorization", format!("SSO-Connect-Invitation {code}"))).await
    }

    /// Registers by an invitation; whether the hub took it.
    pub(crate) async fn register(&self, client: &Client, invitation: &Invitation) -> bool {
        let credentials = Credentials {
            keys: AdministratorKeys::from_secrets([ADMINISTRATOR; 32], [ADMINISTRATOR; 32]),
            genesis: self.id(),
        };
        let password = Password::to_register(Zeroizing::new(PASSWORD.into())).unwrap();
        let random = &mut SystemRandomness;
        let begun = Registration::by_invitation(invitation, &credentials, password, random);
        let (waiting, message) = begun.unwrap();
        let open = talk(client, wire::encode(&message)).await;
        let how = (Stretching::DEFAULT, StretchingBounds::DEFAULT);
        let Ok((done, message)) = waiting.seal(&open, how, &mut SystemRandomness) else {
            return false;
        };
        done.take(&talk(client, wire::encode(&message)).await)
            .is_ok()
    }

    pub(crate) async fn sign_in(&self, client: &Client) -> Member {
        let session = self
            .try_to_sign_in(client)
            .await
            .expect("the password is right");
        client.member(self.id(), keys(ADMINISTRATOR), session)
    }

    pub(crate) async fn try_to_sign_in(&self, client: &Client) -> Option<SessionId> {
        let invitation = self.founding.invitation();
        let (domain, name) = (invitation.domain(), invitation.administrator());
        let password = Password::to_sign_in(Zeroizing::new(PASSWORD.into())).unwrap();
        let bounds = StretchingBounds::DEFAULT;
        let random = &mut SystemRandomness;
        let begun = SignIn::begin(domain.clone(), name.clone(), password, bounds, random);
        let (waiting, message) = begun.unwrap();
        let challenge = talk(client, wire::encode(&message)).await;
        let proven = waiting.prove(&challenge, &mut SystemRandomness).ok()?;
        let answer = talk(client, wire::encode(&proven.finish(None))).await;
        match proven.take(&answer, None, SystemClock.now()).ok()? {
            Outcome::SignedIn(signed_in) => {
                Some(SessionId::new(*signed_in.session.id().as_bytes()))
            }
            Outcome::SecondFactorNeeded => None,
        }
    }

    /// The next statement of the administrator: a server joins.
    pub(crate) fn node_added(&self, number: u8) -> Vec<u8> {
        let member = keys(number).member(format!("server-{number}"));
        let wrap = Wrap::new(&self.id(), 1, &self.key, &member).unwrap();
        let action = Action::NodeAdded {
            member,
            program: "1.0.0".into(),
            wrap,
        };
        let occasion = Occasion {
            time: 0,
            via: MemberId::NOBODY,
            mark: FeedMark {
                seq: Seq::START,
                hash: Digest::new(*self.id().as_bytes()),
            },
        };
        let signed = self.chain.sign(&keys(ADMINISTRATOR), &action, occasion);
        signed.unwrap()
    }

    /// Server 1.
    pub(crate) async fn server(&self, client: &Client) -> Member {
        client.server(self.id(), keys(1)).await
    }
}

async fn talk(client: &Client, message: Vec<u8>) -> DeskAnswer {
    let answer = client.post("administrators", message).await;
    assert!(answer.status.is_success(), "{:?}", answer.problem());
    wire::decode(answer.body()).unwrap()
}

pub(crate) fn keys(number: u8) -> MemberKeys {
    MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
}

const ADMINISTRATOR: u8 = 101;
const PASSWORD: &str = "correct horse battery";
