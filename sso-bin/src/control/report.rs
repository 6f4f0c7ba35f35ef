//! What a running server answers. Names and meanings never change; new ones may be added.

use std::fmt;
use std::str::FromStr as _;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sso_core::UnixTime;
use sso_sync::chain::Ending;

use crate::status::State;

/// How a server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct Report {
    /// The version of its program.
    pub version: String,
    /// Whether people can sign in.
    pub status: State,
    /// Why, unless it is `Running` without a blemish.
    pub reason: Option<String>,
    /// What mends it, if something has to be mended.
    pub remedy: Option<String>,
    /// Where browsers reach it.
    pub base_url: String,
    /// Revision of the configuration in force; nothing without a domain.
    pub revision: Option<u64>,
    /// A newer revision that this machine cannot use.
    pub refused: Option<RefusedConfiguration>,
    /// When somebody came by a former name of the service last, or may have come: no earlier than
    /// the program can tell. Nothing if there is no former name.
    #[serde(default)]
    pub former_sign_in: Option<Moment>,
    /// The domain and how this server keeps up; nothing for a server of its own.
    pub hub: Option<HubReport>,
    /// What comes here, as soon as people can sign in.
    pub traffic: Option<TrafficReport>,
}

/// What comes to a server, since its program began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct TrafficReport {
    /// How often somebody asked `/readyz`.
    pub asked: u64,
    /// When somebody did so last.
    pub last_asked: Option<Moment>,
    /// How many people have signed in.
    pub sign_ins: u64,
    /// The certificate that browsers are shown.
    pub certificate: Option<ShownCertificate>,
}

/// The certificate that browsers are shown, and whether they accept it where they are led.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct ShownCertificate {
    /// Whether it covers the host name of the service.
    pub covers: bool,
    /// The names that it is for, if it does not.
    pub names: Vec<String>,
    /// When it ends.
    pub until: Moment,
    /// Whether all servers of the domain share it.
    pub shared: bool,
}

/// A revision that a machine cannot use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct RefusedConfiguration {
    /// Its number.
    pub revision: u64,
    /// Why.
    pub why: String,
}

/// The domain of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct HubReport {
    /// Where the hub is.
    pub url: String,
    /// The name of the domain.
    pub domain: String,
    /// The name of this server.
    pub server: String,
    /// How this server keeps up.
    pub sync: SyncReport,
    /// How its keys are kept.
    pub keys: KeysReport,
    /// That somebody wants the domain deleted; nothing if nobody does.
    #[serde(default)]
    pub deletion: Option<DeletionReport>,
    /// With which versions the domain works; nothing from a program that does not say so.
    pub versions: Option<VersionsReport>,
}

/// That somebody wants a domain deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct DeletionReport {
    /// The administrator who announced it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was announced.
    pub announced: Moment,
    /// It cannot be confirmed before.
    pub not_before: Moment,
    /// Who confirmed it; nothing as long as nobody has.
    pub confirmed: Option<ConfirmedReport>,
}

/// That somebody has confirmed a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct ConfirmedReport {
    /// The administrator.
    pub by: String,
    /// When.
    pub at: Moment,
}

impl DeletionReport {
    /// What the chain says.
    #[must_use]
    pub fn of(ending: &Ending) -> Self {
        let moment = |seconds| Moment(UnixTime::from_secs(seconds));
        Self {
            by: ending.by.clone(),
            reason: ending.reason.clone(),
            announced: moment(ending.announced),
            not_before: moment(ending.not_before),
            confirmed: ending.confirmed.as_ref().map(|it| ConfirmedReport {
                by: it.by.clone(),
                at: moment(it.at),
            }),
        }
    }
}

/// With which versions the servers of a domain join and write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct VersionsReport {
    /// The version that servers run, or come from.
    pub from: String,
    /// The version that servers run, or go to.
    pub to: String,
    /// The schema in which they write.
    pub schema: u64,
    /// The version of the hub's program, as far as it was heard.
    pub hub: Option<String>,
}

impl VersionsReport {
    /// Whether an upgrade is under way.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.from != self.to
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { from, to, .. } = self;
        match self.is_open() {
            true => format!("upgrade from {from} to {to} under way: sso-connect upgrade status"),
            false => format!("version {to}"),
        }
    }
}

/// How a server keeps up with its domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct SyncReport {
    /// `starting`, `filling`, `behind`, `level`, `away`, `frozen`, `stopped` or `revoked`.
    pub phase: String,
    /// More about it.
    pub detail: Option<String>,
    /// User records that are here.
    pub users: u64,
    /// User records that the domain has.
    pub of: u64,
    /// Whether all of them are here, with the digest that the domain has.
    pub complete: bool,
    /// Whether records of a history that was forsaken are still to be taken over into that of the hub.
    #[serde(default)]
    pub taking_over: bool,
    /// Digest of all user records.
    pub digest: String,
    /// Records a second, while it fills.
    pub rate: Option<u64>,
    /// Changes of others that are known to be missing.
    pub lag: u64,
    /// Changes of this server that wait for the hub.
    pub waiting: u64,
    /// Since when the hub is out of reach.
    pub away_since: Option<Moment>,
}

/// How a server keeps its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct KeysReport {
    /// What seals them.
    pub protection: String,
    /// What is to be said against it.
    pub warning: Option<String>,
}

/// What a full sync did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct SyncDone {
    /// User records that the domain has.
    pub of: u64,
    /// Parts of the set, of 256, that were compared one by one.
    pub compared: u64,
    /// Records that were missing here, and were fetched.
    pub missing: u64,
    /// Records that were another version, and were fetched.
    pub changed: u64,
    /// Records that nobody else has, and were dropped.
    pub surplus: u64,
    /// Whether everything is equal now.
    pub equal: bool,
    /// Digest of all user records.
    pub digest: String,
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct UserLine {
    /// The id that applications know.
    pub id: String,
    /// The identity provider, and the name that it gives.
    pub account: String,
    /// The e-mail address, if it said one.
    pub email: Option<String>,
}

/// A user, all but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct UserDetail {
    /// The id that applications know.
    pub id: String,
    /// The identity provider, and the name that it gives.
    pub account: String,
    /// The given name.
    pub first: Option<String>,
    /// The family name.
    pub last: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// How often the record was changed, its making included.
    pub version: u64,
}

/// A server of the domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct ServerLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The version of its program.
    pub version: String,
    /// Revision of the configuration that it works with.
    pub revision: Option<u64>,
    /// Changes that it is known to lack.
    pub lag: Option<u64>,
    /// What it is doing, or `revoked`.
    pub state: String,
    /// User records that it has.
    pub users: Option<u64>,
    /// User records that the domain has, as far as it knows.
    pub of: Option<u64>,
    /// When it was heard of last.
    pub seen: Option<Moment>,
    /// Where browsers reach it.
    pub address: Option<String>,
    /// Its TLS certificate.
    pub certificate: Option<CertificateLine>,
    /// A revision that it cannot use.
    pub refused: Option<RefusedConfiguration>,
    /// When somebody came to it by a former name of the service last, or may have come: no earlier
    /// than its program can tell. Nothing if there is no former name.
    #[serde(default)]
    pub former_sign_in: Option<Moment>,
    /// Whether it is the one that was asked.
    pub this: bool,
}

/// A TLS certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct CertificateLine {
    /// SHA-256 of it, in hexadecimal digits.
    pub digest: String,
    /// When it ends.
    pub until: Moment,
}

/// A moment, as RFC 3339 in UTC and to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "nothing but a form")]
pub struct Moment(pub UnixTime);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.to_the_second().fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let seconds = Timestamp::from_str(&text)
            .ok()
            .and_then(|timestamp| u64::try_from(timestamp.as_second()).ok());
        let seconds = seconds.ok_or_else(|| serde::de::Error::custom("no moment"))?;
        Ok(Self(UnixTime::from_secs(seconds)))
    }
}
