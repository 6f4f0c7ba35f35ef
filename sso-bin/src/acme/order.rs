//! One order, from the account to the certificate.

use std::error::Error as _;
use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use sso_core::config::document::KeyPairDocument;
use sso_core::config::{AcmeChallenge, AcmeSettings, TlsKeyPair, TlsKeyPairError};

use super::client::AuthorityClient;
use super::shelf::{Challenge, ShelfError};

/// An account at the authority, and how it is kept.
pub(super) struct Member {
    account: Account,
    /// To be kept, if it is new.
    pub(super) made: Option<String>,
}

impl Member {
    /// Uses the account that is `kept`, or makes one.
    pub(super) async fn of(
        settings: &AcmeSettings,
        client: &AuthorityClient,
        kept: Option<&str>,
    ) -> Result<Self, Trouble> {
        let builder = Account::builder_with_http(Box::new(client.clone()));
        if let Some(kept) = kept {
            let kept: AccountCredentials =
                serde_json::from_str(kept).map_err(|_| Trouble::Account)?;
            let account = builder.from_credentials(kept).await?;
            return Ok(Self {
                account,
                made: None,
            });
        }
        let contact = settings.contact().map(|it| format!("mailto:{it}"));
        let contact: Vec<&str> = contact.as_deref().into_iter().collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let made = builder
            .create(&new, settings.directory().to_owned(), None)
            .await?;
        let (account, credentials) = made;
        let made = serde_json::to_string(&credentials).map_err(|_| Trouble::Account)?;
        Ok(Self {
            account,
            made: Some(made),
        })
    }

    /// Begins an order for these names, with what the authority will ask for.
    pub(super) async fn order(
        &self,
        names: &[String],
        by: AcmeChallenge,
    ) -> Result<Begun, Trouble> {
        let names: Vec<_> = names.iter().map(|it| identifier(it)).collect();
        let mut order = self.account.new_order(&NewOrder::new(&names)).await?;
        let mut challenges = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let name = authorization.identifier().to_string();
            let challenge = authorization
                .challenge(kind(by))
                .ok_or(Trouble::NoChallenge(by))?;
            challenges.push(Challenge {
                name,
                token: challenge.token.clone(),
                authorization: challenge.key_authorization().as_str().to_owned(),
            });
        }
        Ok(Begun {
            order,
            challenges,
            by,
        })
    }
}

/// An order that waits for its challenges to be answered.
pub(super) struct Begun {
    order: Order,
    /// What every server has to answer from now on.
    pub(super) challenges: Vec<Challenge>,
    by: AcmeChallenge,
}

impl Begun {
    /// Lets the authority ask, and takes the certificate.
    pub(super) async fn finish(mut self) -> Result<KeyPairDocument, Trouble> {
        match self.asked().await {
            Ok(OrderStatus::Ready) => {}
            Ok(_) => return Err(self.refused(None).await),
            Err(error) => return Err(self.refused(Some(error)).await),
        }
        let key = zeroize::Zeroizing::new(self.order.finalize().await?);
        let certificates = self.order.poll_certificate(&patience()).await?;
        TlsKeyPair::from_pem(&key, &certificates)?;
        Ok(KeyPairDocument::new(certificates, key.as_str()))
    }

    /// What the authority thinks of our answers.
    async fn asked(&mut self) -> Result<OrderStatus, instant_acme::Error> {
        let mut authorizations = self.order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Pending
                && let Some(mut challenge) = authorization.challenge(kind(self.by))
            {
                challenge.set_ready().await?;
            }
        }
        self.order.poll_ready(&patience()).await
    }

    /// Why it does not believe us, and which name it is about if it says so.
    async fn refused(&mut self, error: Option<instant_acme::Error>) -> Trouble {
        if let Some((name, why)) = self.complaint().await {
            return Trouble::Refused { name, why };
        }
        match error {
            Some(error) => error.into(),
            None => Trouble::Refused {
                name: String::new(),
                why: "it does not say why".into(),
            },
        }
    }

    /// What the authority met when it asked, and for which name.
    async fn complaint(&mut self) -> Option<(String, String)> {
        let mut authorizations = self.order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let Ok(state) = authorization.refresh().await else {
                continue;
            };
            let errors = state.challenges.iter().filter_map(|it| it.error.as_ref());
            if let Some(detail) = errors.filter_map(|it| it.detail.as_ref()).next() {
                let why = detail.chars().take(LONGEST_COMPLAINT).collect();
                return Some((state.identifier().to_string(), why));
            }
        }
        None
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the account that is kept cannot be used")]
    Account,
    #[error("the authority objects: {}", said(.0))]
    Acme(#[from] instant_acme::Error),
    #[error("the way to the authority cannot be prepared: {0}")]
    Client(#[from] reqwest::Error),
    #[error("another server took the order over")]
    Lost,
    #[error("the authority does not offer {0}; choose another challenge")]
    NoChallenge(AcmeChallenge),
    #[error("the authority could not see that the name is ours: {}{why}", of(name))]
    Refused { name: String, why: String },
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    #[error("the authority issued something that cannot be used: {0}")]
    Unusable(#[from] TlsKeyPairError),
}

impl Trouble {
    /// Whether the account is of no use any more, and another one has to be made.
    pub(super) fn is_of_account(&self) -> bool {
        let is_gone = |kind: &String| kind.ends_with(":accountDoesNotExist");
        match self {
            Self::Account => true,
            Self::Acme(instant_acme::Error::Api(problem)) => {
                problem.r#type.as_ref().is_some_and(is_gone)
            }
            _ => false,
        }
    }

    /// The name that it is about, if the authority says so.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Acme(instant_acme::Error::Api(problem)) => {
                let named = problem
                    .subproblems
                    .iter()
                    .filter_map(|it| it.identifier.as_ref());
                named.filter_map(dns_name).next()
            }
            Self::Refused { name, .. } => Some(name),
            _ => None,
        }
    }
}

fn dns_name(identifier: &Identifier) -> Option<&str> {
    match identifier {
        Identifier::Dns(name) => Some(name),
        _ => None,
    }
}

fn of(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!("{name}: "),
    }
}

fn identifier(name: &str) -> Identifier {
    match name.parse() {
        Ok(address) => Identifier::Ip(address),
        Err(_) => Identifier::Dns(name.into()),
    }
}

fn patience() -> RetryPolicy {
    RetryPolicy::new().timeout(PATIENCE)
}

/// With the reasons behind it: what the network or the certificate of the authority has to do with.
fn said(error: &instant_acme::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text.chars().take(LONGEST_COMPLAINT).collect()
}

const fn kind(by: AcmeChallenge) -> ChallengeType {
    match by {
        AcmeChallenge::Http01 => ChallengeType::Http01,
        AcmeChallenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
    }
}

const PATIENCE: Duration = Duration::from_secs(90);
const LONGEST_COMPLAINT: usize = 300;
