//! How a server becomes a member: the steps, in an order in which each can be interrupted.

use std::sync::Arc;

use bytes::Bytes;
use sso_sync::admin::EnrolmentToken;
use sso_sync::administration::{AdministrationError, Administrator, Enrolled, Office};
use sso_sync::chain::Chain;
use sso_sync::mirror::{Mirror, SqlitePlace};
use sso_sync::seal::MemberKeys;
use sso_sync::store::DomainId;

use super::{Standalone, place, settings_of};
use crate::cli::Context;
use crate::data_dir::DataDir;
use crate::domain::{DomainSettings, HubAddress, Vault};
use crate::failure::Failure;
use crate::member::LONGEST_SESSION as LONGEST;
use crate::version;

/// A server on its way into a domain.
#[derive(Debug)]
pub(crate) struct Joining {
    dir: DataDir,
    vault: Vault,
    address: HubAddress,
    name: String,
}

/// A server that belongs to a domain.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) dir: DataDir,
    pub(crate) address: HubAddress,
    pub(crate) name: String,
    pub(crate) keys: Arc<MemberKeys>,
    /// Who enrolled it; nobody if it was a token.
    pub(crate) administrator: Option<String>,
    pub(crate) statements: Vec<Bytes>,
}

impl Joining {
    /// Finds a name for the server, and its folder.
    pub(crate) fn new(
        context: &Context,
        address: HubAddress,
        name: Option<&str>,
    ) -> Result<Self, Failure> {
        let (dir, vault) = place(context)?;
        let before = context.membership()?.map(|(_, settings)| settings.server);
        let name = match (name, before) {
            (Some(name), _) => name.to_owned(),
            (None, Some(before)) => before,
            (None, None) => {
                let ways = ("--name NAME", "SSO_CONNECT_SERVER_NAME");
                context.obtain("Name of this server", None, ways, Some(&context.machine))?
            }
        };
        Ok(Self {
            dir,
            vault,
            address,
            name,
        })
    }

    /// An administrator signs that the server belongs to the domain.
    pub(crate) async fn by_administrator(
        self,
        context: &Context,
        administrator: &mut Administrator,
    ) -> Result<Joined, Failure> {
        let keys = self.keys(context, administrator.domain()).await?;
        let enrolled = administrator.enrol(&self.name, &keys).await?;
        let who = administrator.who().administrator.as_str().to_owned();
        self.join(keys, enrolled, Some(who)).await
    }

    /// A token signs it.
    pub(crate) async fn by_token(
        self,
        context: &Context,
        office: &Office,
        token: &EnrolmentToken,
    ) -> Result<Joined, Failure> {
        let keys = self.keys(context, token.domain()).await?;
        let enrolled = office.enrol_by_token(token, &self.name, &keys).await?;
        self.join(keys, enrolled, None).await
    }

    /// The keys of this server, kept before anybody hears of them.
    async fn keys(&self, context: &Context, domain: DomainId) -> Result<Arc<MemberKeys>, Failure> {
        if let Some(keys) = self.vault.node_keys(domain).await? {
            return Ok(Arc::new(keys));
        }
        let keys = MemberKeys::random().map_err(|error| Failure::because(error.to_string()))?;
        self.vault.keep_node_keys(domain, &keys).await?;
        let protection = self.vault.protection();
        context.print(&format!(
            "Made the keys of this server, kept by {protection}.\n"
        ))?;
        if let Some(warning) = protection.warning() {
            context.terminal.remark(&format!("  Note: {warning}"));
        }
        Ok(Arc::new(keys))
    }

    /// Makes the server's own copy of the domain. A server of its own goes on as one until it
    /// [arrives](Joined::arrive).
    async fn join(
        self,
        keys: Arc<MemberKeys>,
        enrolled: Enrolled,
        administrator: Option<String>,
    ) -> Result<Joined, Failure> {
        let joined = Joined {
            dir: self.dir,
            address: self.address,
            name: self.name,
            keys,
            administrator,
            statements: enrolled.statements,
        };
        keep(&joined, enrolled.domain).await?;
        Ok(joined)
    }
}

impl Joined {
    /// Writes down what this server is from now on, once its users are in the domain.
    pub(crate) fn arrive(&self, context: &Context, standalone: &Standalone) -> Result<(), Failure> {
        let mut settings = settings_of(self)?;
        let before = DomainSettings::load(&self.dir)?;
        settings.former_sessions_until = match before {
            Some(before) => before.former_sessions_until,
            None if standalone.has_sessions()? => Some(context.now().later(LONGEST).as_secs()),
            None => None,
        };
        settings.save(&self.dir)?;
        context.print(&format!(
            "This server is {} of the domain {} now.\n",
            settings.server, settings.domain
        ))
    }

    /// The chain, checked whole.
    pub(crate) fn chain(&self) -> Result<Chain, Failure> {
        chain_of(&self.statements)
    }
}

/// The chain that these statements make, checked whole.
pub(crate) fn chain_of(statements: &[Bytes]) -> Result<Chain, Failure> {
    let refused = |error: sso_sync::chain::Refusal| Failure::because(error.to_string());
    let (first, rest) = statements
        .split_first()
        .ok_or_else(|| Failure::because("the chain of the domain is empty"))?;
    let mut chain = Chain::begin(first).map_err(refused)?;
    for statement in rest {
        chain.append(statement).map_err(refused)?;
    }
    Ok(chain)
}

/// Who is in the domain, and with which version.
pub(crate) fn describe(context: &Context, chain: &Chain) -> Result<(), Failure> {
    let nodes = chain.nodes().map(|(node, _)| node.member().name());
    let mut names: Vec<&str> = nodes.collect();
    names.sort_unstable();
    let servers = match names.as_slice() {
        [] => "no server yet".to_owned(),
        [one] => format!("1 server ({one})"),
        names => format!("{} servers ({})", names.len(), names.join(", ")),
    };
    let policy = chain.policy();
    let versions = match policy.from() == policy.to() {
        true => format!("version {}", policy.from()),
        false => format!("versions {} and {}", policy.from(), policy.to()),
    };
    context.print(&format!(
        "Domain {}: {servers}, {versions}.\n",
        chain.name()
    ))
}

/// The version gate, before this machine makes anything.
pub(crate) fn gate(chain: &Chain) -> Result<(), Failure> {
    let (program, policy) = (version::program(), chain.policy());
    if !policy.admits(&program.version) {
        return Err(AdministrationError::OutsidePolicy {
            program: program.version,
            from: policy.from().into(),
            to: policy.to().into(),
        }
        .into());
    }
    if policy.schema() > program.schema {
        return Err(AdministrationError::NewerSchema {
            known: program.schema,
            domain: policy.schema(),
        }
        .into());
    }
    Ok(())
}

/// Makes the server's own copy of the domain, without users as yet.
async fn keep(joined: &Joined, domain: DomainId) -> Result<(), Failure> {
    let folder = joined.dir.node_folder();
    let place = SqlitePlace::open(&folder)?;
    let made = Mirror::create(Arc::new(place), domain, &joined.statements).await;
    made.map(drop).map_err(|error| {
        Failure::refused(
            format!("{} cannot be used: {error}", folder.display()),
            format!(
                "df -h {0}; ls -ld {0}; then give the command again",
                folder.display()
            ),
        )
    })
}
