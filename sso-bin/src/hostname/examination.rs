//! Everything that follows from a new name.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use rustls_pki_types::CertificateDer;
use serde::Serialize;
use sso_core::UnixTime;
use sso_core::cert::{self, HostName, Validity};
use sso_core::config::{IdentityProvider, ProviderState, Service, SharedConfig};

use super::{Answers, EntityChoice, Names};

/// What was found out about a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Examination {
    /// Whether it can be used now.
    pub verdict: Verdict,
    /// What keeps it from being used, each with what mends it.
    pub problems: Vec<Finding>,
    /// The name.
    pub name: NameFinding,
    /// Whether browsers accept the certificate there.
    pub certificate: CertificateFinding,
    /// What each identity provider must be told.
    pub identity_providers: Vec<ProviderTask>,
    /// What becomes of those who are signed in.
    pub sessions: Vec<String>,
    /// What DNS answers.
    pub dns: Answers,
    /// Where each address leads.
    pub leads_to: Vec<Where>,
}

/// Whether a name can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "yes or no")]
pub enum Verdict {
    /// Something has to be done first.
    NotYet,
    /// Nothing is in the way; what the identity providers must be told is still to be told.
    Ready,
}

/// What is in the way, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

/// The name in its forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NameFinding {
    /// As DNS and certificates have it.
    pub ascii: String,
    /// As people read it.
    pub unicode: String,
    /// The base URL that it makes.
    pub base_url: String,
    /// The base URL now.
    pub now: String,
}

/// What there is to say about the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CertificateFinding {
    /// The name in it that covers the new one; nothing if none does.
    pub covered_by: Option<String>,
    /// All its names, if none does.
    pub names: Vec<String>,
    /// When it ends.
    pub until: Option<String>,
}

/// What an identity provider must be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProviderTask {
    /// Our name for it.
    pub name: String,
    /// Our entity ID there now.
    pub entity_id: String,
    /// Our entity ID at the new name.
    pub new_entity_id: String,
    /// The address that it posts responses to, to be added to the one it has.
    pub new_acs_url: String,
    /// The same for single logout; nothing if it takes no part.
    pub new_slo_url: Option<String>,
    /// Where the metadata are that say all this.
    pub metadata_url: String,
}

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Where {
    /// The address.
    pub address: IpAddr,
    /// Whether this machine has it.
    pub here: bool,
    /// Whether the present name leads there too.
    pub as_now: bool,
    /// Why nobody answers there with our certificate, if so.
    pub silent: Option<String>,
}

/// Looks at `new` as the name of the service in `config`, of which browsers get `certificate`.
pub async fn examine(
    config: &SharedConfig,
    certificate: Option<CertificateDer<'static>>,
    new: &Service,
    entity_id: EntityChoice,
    names: &dyn Names,
    now: UnixTime,
) -> Examination {
    let Ok(host) = new.host() else {
        return unusable(config, new);
    };
    let (found, mut problems) = of_certificate(certificate.as_ref(), &host, now);
    let dns = names.answers(&host).await;
    let before = match config.service().host() {
        Ok(before) => names.answers(&before).await.addresses().collect(),
        Err(_) => BTreeSet::new(),
    };
    problems.extend(of_dns(&dns, &host));
    let leads_to = leads_to(&dns, &before, &host, new, certificate, names).await;
    problems.extend(of_places(&leads_to));
    Examination {
        verdict: verdict(&problems),
        problems,
        name: name(config, new, Some(&host)),
        certificate: found,
        identity_providers: tasks(config, new, entity_id),
        sessions: sessions(config, new, entity_id),
        dns,
        leads_to,
    }
}

fn unusable(config: &SharedConfig, new: &Service) -> Examination {
    let problems = vec![Finding {
        what: format!(
            "{} has no name that a certificate could be for",
            new.base_url()
        ),
        fix: "give a DNS name or an IP address".into(),
    }];
    Examination {
        verdict: verdict(&problems),
        problems,
        name: name(config, new, None),
        certificate: CertificateFinding {
            covered_by: None,
            names: Vec::new(),
            until: None,
        },
        identity_providers: Vec::new(),
        sessions: Vec::new(),
        dns: Answers::default(),
        leads_to: Vec::new(),
    }
}

const fn verdict(problems: &[Finding]) -> Verdict {
    match problems {
        [] => Verdict::Ready,
        _ => Verdict::NotYet,
    }
}

fn name(config: &SharedConfig, new: &Service, host: Option<&HostName>) -> NameFinding {
    NameFinding {
        ascii: host.map(HostName::ascii).unwrap_or_default(),
        unicode: host.map(HostName::unicode).unwrap_or_default(),
        base_url: new.base_url().into(),
        now: config.service().base_url().into(),
    }
}

fn of_certificate(
    certificate: Option<&CertificateDer<'_>>,
    host: &HostName,
    now: UnixTime,
) -> (CertificateFinding, Vec<Finding>) {
    let covering = certificate.and_then(|it| cert::covering(it, host).ok());
    let validity = certificate.and_then(|it| Validity::of(it).ok());
    let mut problems = Vec::new();
    let (covered_by, names) = match covering {
        Some(Ok(name)) => (Some(name), Vec::new()),
        Some(Err(names)) => (None, names),
        None => (None, Vec::new()),
    };
    if certificate.is_some() && covered_by.is_none() {
        problems.push(not_covered(host, &names));
    }
    if let Some(validity) = validity.filter(|it| !it.contains(now)) {
        problems.push(Finding {
            what: format!(
                "the certificate is valid from {} until {} only",
                validity.from, validity.until
            ),
            fix: "get a new certificate".into(),
        });
    }
    let found = CertificateFinding {
        covered_by,
        names,
        until: validity.map(|it| it.until.to_string()),
    };
    (found, problems)
}

fn not_covered(host: &HostName, names: &[String]) -> Finding {
    let is_for = match names {
        [] => "has no names at all".to_owned(),
        names => format!("is for {}", names.join(", ")),
    };
    Finding {
        what: format!("the certificate does not cover {host}: it {is_for}"),
        fix: "get one for the new name, and give it with the change: sso-connect hostname change \
              NAME --certificate FILE --key FILE"
            .into(),
    }
}

fn of_dns(dns: &Answers, host: &HostName) -> Option<Finding> {
    let nowhere = dns.addresses().next().is_none();
    let why = dns.trouble.as_deref();
    nowhere.then(|| Finding {
        what: match why {
            Some(why) => format!("DNS has no address for {host}: {why}"),
            None => format!("DNS has no address for {host}"),
        },
        fix: "add the record (A, AAAA or CNAME) before people are sent to the new name".into(),
    })
}

async fn leads_to(
    dns: &Answers,
    before: &BTreeSet<IpAddr>,
    host: &HostName,
    new: &Service,
    certificate: Option<CertificateDer<'static>>,
    names: &dyn Names,
) -> Vec<Where> {
    let here = names.here();
    let mut places = Vec::new();
    for address in dns.addresses().take(MOST_PLACES) {
        let silent = match &certificate {
            Some(certificate) => {
                let at = SocketAddr::new(address, port(new));
                names.shows(host, at, certificate.clone()).await.err()
            }
            None => None,
        };
        places.push(Where {
            address,
            here: here.contains(&address),
            as_now: before.contains(&address),
            silent,
        });
    }
    places
}

/// Some server must be reached: this one, one that the present name reaches, or one that shows our
/// certificate.
fn of_places(places: &[Where]) -> Option<Finding> {
    let is_ours = |place: &Where| place.here || place.as_now || place.silent.is_none();
    let strange = places.iter().filter(|place| !is_ours(place));
    let strange: Vec<_> = strange.map(|place| place.address.to_string()).collect();
    (!strange.is_empty()).then(|| Finding {
        what: format!(
            "the name leads to {}, where nobody shows the certificate of this service",
            strange.join(", ")
        ),
        fix: "let it lead where the present name leads, or to this machine: sso-connect local show"
            .into(),
    })
}

fn tasks(config: &SharedConfig, new: &Service, entity_id: EntityChoice) -> Vec<ProviderTask> {
    let enabled = config.identity_providers().iter();
    let enabled = enabled.filter(|it| it.state() == ProviderState::Enabled);
    let old_id = config.service().entity_id().to_string();
    let new_id = match entity_id {
        EntityChoice::Keep => old_id.clone(),
        EntityChoice::New => new.entity_id().to_string(),
    };
    let task = |provider: &IdentityProvider| ProviderTask {
        name: provider.name().to_string(),
        entity_id: old_id.clone(),
        new_entity_id: new_id.clone(),
        new_acs_url: new.acs_url(),
        new_slo_url: provider.sign_out_endpoint().map(|_| new.slo_url()),
        metadata_url: new.metadata_url(),
    };
    enabled.map(task).collect()
}

fn sessions(config: &SharedConfig, new: &Service, entity_id: EntityChoice) -> Vec<String> {
    let (old, new) = (config.service().base_url(), new.base_url());
    let mut lines = vec![
        format!(
            "The cookies __Host-sso-session and __Host-sso-request-… belong to the host that set \
             them: who is signed in at {old} stays so there, and signs in anew at {new}, as a rule \
             without a question."
        ),
        format!("Sign-ins that are under way at {old} are finished there."),
        format!("Both names work until the old one is retired: sso-connect hostname retire {old}"),
    ];
    if entity_id == EntityChoice::New {
        lines.push(
            "Users are told apart by what the identity provider calls them. If its names depend on \
             the entity ID (pairwise persistent names), people would be new users with new secrets: \
             keep the entity ID then."
                .into(),
        );
    }
    lines
}

fn port(service: &Service) -> u16 {
    let url = url::Url::parse(service.base_url()).ok();
    url.and_then(|url| url.port_or_known_default())
        .unwrap_or(443)
}

/// More are a matter for those who run the load balancer.
const MOST_PLACES: usize = 8;
