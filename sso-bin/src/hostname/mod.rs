#![doc = include_str!("../docs/host_name.md")]

mod dns;
mod examination;
mod plan;
mod text;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use sso_core::cert::HostName;

pub use dns::RealNames;
pub use examination::{
    CertificateFinding, Examination, Finding, NameFinding, ProviderTask, Verdict, Where, examine,
};
pub(crate) use plan::is_same;
pub use plan::{EntityChoice, Plan, PlanError, retire};

/// What is known of names outside: DNS, this machine, and who answers where.
#[async_trait]
pub trait Names: fmt::Debug + Send + Sync + 'static {
    /// What DNS answers for `host`; in a few seconds, whatever happens.
    async fn answers(&self, host: &HostName) -> Answers;

    /// The addresses of this machine.
    fn here(&self) -> BTreeSet<IpAddr>;

    /// Whether whoever answers at `address` for `host` shows this certificate; in a few seconds,
    /// whatever happens. The reason if not.
    async fn shows(
        &self,
        host: &HostName,
        address: SocketAddr,
        certificate: CertificateDer<'static>,
    ) -> Result<(), String>;
}

/// What DNS answers for a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct Answers {
    /// The names that it is another name of, in the order in which they lead on.
    pub cname: Vec<String>,
    /// IPv4 addresses.
    pub a: Vec<IpAddr>,
    /// IPv6 addresses.
    pub aaaa: Vec<IpAddr>,
    /// Who was asked.
    pub asked: Vec<String>,
    /// Why there is no answer, or not the whole one.
    pub trouble: Option<String>,
}

impl Answers {
    /// All addresses.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.a.iter().chain(&self.aaaa).copied()
    }
}
